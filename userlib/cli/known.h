/* SPDX-License-Identifier: MIT */
#ifndef CMMCTL_KNOWN_H
#define CMMCTL_KNOWN_H

/*
 * Prints that the zone @zone, or each zone if that is NULL, knows no such device as
 * @device, and which devices it knows. Prints nothing if @device is one of them.
 * Knows the devices of the device tree's list, and those that buffers which the
 * caller sees are attached to.
 */
void print_if_unknown(const char *device, const char *zone);

#endif /* CMMCTL_KNOWN_H */
