/* SPDX-License-Identifier: MIT */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

/* Number of open descriptors of the calling process, and one more for the count. */
int count_descriptors(void);

#endif /* DESCRIPTORS_H */
