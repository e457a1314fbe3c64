/* SPDX-License-Identifier: MIT */
/* Drops root's privileges for the rest of a test or of its child. */
#ifndef USER_H
#define USER_H

#include <linux/capability.h>
#include <sys/types.h>

#define NOBODY	65534

/* Switches to that user and the user's group. */
void become(uid_t uid);
/* Stays root, but drops that capability. */
void drop_capability(int capability);

#endif /* USER_H */
