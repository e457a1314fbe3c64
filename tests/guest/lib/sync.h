/* SPDX-License-Identifier: MIT */
/* The kinds of access that CMM_IOC_SYNC announces. */
#ifndef SYNC_H
#define SYNC_H

#include "zone.h"

#define BEGIN_READ	CMM_SYNC_READ
#define BEGIN_WRITE	CMM_SYNC_WRITE
#define BEGIN		CMM_SYNC_RW
#define END_READ	(CMM_SYNC_READ | CMM_SYNC_END)
#define END_WRITE	(CMM_SYNC_WRITE | CMM_SYNC_END)
#define END		(CMM_SYNC_RW | CMM_SYNC_END)

#endif /* SYNC_H */
