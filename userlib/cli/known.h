/* SPDX-License-Identifier: MIT */
#ifndef CMMCTL_KNOWN_H
#define CMMCTL_KNOWN_H

/*
 * Prints that @zone does not know @device, and lists the devices it knows. If @zone is
 * NULL, does so for each zone. Prints nothing if @device is known. Known devices are
 * those in the device tree's list, and those attached to buffers that the caller sees.
 */
void print_if_unknown(const char *device, const char *zone);

#endif /* CMMCTL_KNOWN_H */
