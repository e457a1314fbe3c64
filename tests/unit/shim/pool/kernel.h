/* SPDX-License-Identifier: MIT */
/*
 * The kernel functions that the driver's pool uses, besides tools/include; included
 * before its sources. The lock checks that it is held where it must be. The test
 * decides whether allocations fail and whether the process has CAP_SYS_RESOURCE.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdbool.h>
#include <stdlib.h>
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/types.h>

/* Locks */

struct spinlock {
	bool held;
};

#define spinlock_t		struct spinlock

#define expect(cond) do { if (!(cond)) abort(); } while (0)

#define spin_lock_init(lock) ((lock)->held = false)
#define lockdep_assert_held(lock) expect((lock)->held)

static inline void spin_lock(spinlock_t *lock)
{
	expect(!lock->held);
	lock->held = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	expect(lock->held);
	lock->held = false;
}

/* Memory; none is allocated with a lock held */

#define PMD_SIZE		0x200000ULL
#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0

extern bool out_of_memory;

static inline void *kvcalloc(size_t count, size_t size, int flags)
{
	return out_of_memory ? NULL : calloc(count, size);
}

#define kmalloc(size, flags)	(out_of_memory ? NULL : malloc(size))
#define kvfree(at)		free(at)
#define kfree(at)		free(at)

/* Users */

struct kuid {
	unsigned int val;
};

#define kuid_t			struct kuid

#define KUIDT_INIT(value)	((kuid_t){ value })
#define uid_eq(a, b)		((a).val == (b).val)
#define uid_lt(a, b)		((a).val < (b).val)

#define CAP_SYS_RESOURCE	24

extern bool has_cap_sys_resource;
extern int init_user_ns;

#define ns_capable_noaudit(ns, cap) ((void)(ns), has_cap_sys_resource)

/* Waiting */

struct wait_queue_head {
	unsigned int wakeups;
};

#define wait_queue_head_t	struct wait_queue_head

#define init_waitqueue_head(queue) ((queue)->wakeups = 0)
#define wake_up(queue)		((void)(queue)->wakeups++)

#endif /* SHIM_KERNEL_H */
