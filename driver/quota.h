/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quota: how much of a zone each user has.
 *
 * A user's account lasts as long as he has bytes charged to it. Buffers are
 * charged when they are allocated and until they die, in whoever's hands they
 * are by then, so that passing descriptors on hides nothing.
 *
 * The owner serialises all calls with one lock. Nothing here sleeps or
 * allocates: a new account is brought along by whoever may need it.
 */
#ifndef _CMM_QUOTA_H
#define _CMM_QUOTA_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct cmm_account - what one user has
 * @uid: the user
 * @charged: bytes
 */
struct cmm_account {
	kuid_t uid;
	u64 charged;
	/* private: */
	struct rb_node node;
};

/**
 * struct cmm_quotas - the accounts of one zone
 * @limit: bytes that each user may have, or 0 for all of it
 */
struct cmm_quotas {
	u64 limit;
	/* private: */
	struct rb_root accounts;	/* ordered by @uid */
};

void cmm_quotas_init(struct cmm_quotas *quotas, u64 limit);
struct cmm_account *cmm_quota_charge(struct cmm_quotas *quotas, kuid_t uid,
				     u64 size, bool force,
				     struct cmm_account **spare);
u64 cmm_quota_charged(const struct cmm_quotas *quotas, kuid_t uid);
struct cmm_account *cmm_quota_uncharge(struct cmm_quotas *quotas,
				       struct cmm_account *account, u64 size);

#endif /* _CMM_QUOTA_H */
