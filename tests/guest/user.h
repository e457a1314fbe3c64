/* SPDX-License-Identifier: MIT */
/* Giving up what root may, for the rest of a test or of a child of it. */
#ifndef USER_H
#define USER_H

#include <linux/capability.h>
#include <sys/types.h>

#define NOBODY	65534

/* Becomes that user, in his group. */
void become(uid_t uid);
/* Stays root, without that one of his privileges. */
void drop_capability(int capability);

#endif /* USER_H */
