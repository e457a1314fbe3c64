// SPDX-License-Identifier: GPL-2.0
/*
 * Quota: bytes of a zone charged to each user. See quota.h for the model.
 */
#include "quota.h"

void cmm_quotas_init(struct cmm_quotas *quotas, u64 limit)
{
	quotas->limit = limit;
	quotas->accounts = RB_ROOT;
}

static struct cmm_account *to_account(struct rb_node *node)
{
	return rb_entry(node, struct cmm_account, node);
}

static struct cmm_account *quota_find_account(const struct cmm_quotas *quotas,
					      kuid_t uid)
{
	struct rb_node *node = quotas->accounts.rb_node;

	while (node && !uid_eq(to_account(node)->uid, uid))
		node = uid_lt(uid, to_account(node)->uid) ? node->rb_left :
							   node->rb_right;
	return node ? to_account(node) : NULL;
}

static void quota_add_account(struct cmm_quotas *quotas,
			      struct cmm_account *account)
{
	struct rb_node **link = &quotas->accounts.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = uid_lt(account->uid, to_account(parent)->uid) ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&account->node, parent, link);
	rb_insert_color(&account->node, &quotas->accounts);
}

u64 cmm_quota_charged(const struct cmm_quotas *quotas, kuid_t uid)
{
	const struct cmm_account *account = quota_find_account(quotas, uid);

	return account ? account->charged : 0;
}

/**
 * cmm_quota_charge() - charge a user
 * @quotas: the zone's
 * @uid: the user
 * @size: bytes, not 0
 * @force: charge even beyond the limit
 * @spare: an account that the caller allocated, for a user without an account; set
 *	to NULL if it was used
 *
 * Return: the user's account, or NULL if the charge would exceed the limit.
 */
struct cmm_account *cmm_quota_charge(struct cmm_quotas *quotas, kuid_t uid,
				     u64 size, bool force,
				     struct cmm_account **spare)
{
	struct cmm_account *account = quota_find_account(quotas, uid);
	u64 charged = account ? account->charged : 0;

	if (!force && quotas->limit &&
	    (size > quotas->limit || charged > quotas->limit - size))
		return NULL;

	if (!account) {
		account = *spare;
		*spare = NULL;
		account->uid = uid;
		account->charged = 0;
		quota_add_account(quotas, account);
	}
	account->charged += size;
	return account;
}

/**
 * cmm_quota_uncharge() - undo a charge
 * @quotas: the zone's
 * @account: from cmm_quota_charge()
 * @size: bytes, all or a part of what was charged
 *
 * Return: the account if it is now empty: the caller must free it. Otherwise NULL.
 */
struct cmm_account *cmm_quota_uncharge(struct cmm_quotas *quotas,
				       struct cmm_account *account, u64 size)
{
	account->charged -= size;
	if (account->charged)
		return NULL;
	rb_erase(&account->node, &quotas->accounts);
	return account;
}
