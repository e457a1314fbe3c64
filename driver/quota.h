/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quota: bytes of a zone charged to each user.
 *
 * An account exists while bytes are charged to it. A buffer is charged to the user
 * that allocates it, until the buffer is freed. Passing its file descriptor to
 * another process does not move the charge.
 *
 * The zone serialises all calls with one lock. No function here sleeps or
 * allocates: the caller supplies the memory for a new account.
 */
#ifndef _CMM_QUOTA_H
#define _CMM_QUOTA_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct cmm_account - bytes charged to one user
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
 * @limit: bytes that each user may have, or 0 for no limit
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
