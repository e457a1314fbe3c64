// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, whois: checking what came in, and who may know what.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "ioctl_whois.h"
#include "whois.h"
#include "zone.h"

static_assert(sizeof(struct cmm_whois) == 200);

/* A device has a name, and what is physical has no device. */
static int check_whois(const struct cmm_whois *whois)
{
	size_t len = strnlen(whois->device, sizeof(whois->device));

	if (whois->flags & ~CMM_WHOIS_PHYS || whois->pad ||
	    len == sizeof(whois->device))
		return -EINVAL;
	return !len == !!(whois->flags & CMM_WHOIS_PHYS) ? 0 : -EINVAL;
}

static u32 access_of(enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return CMM_DEV_MAP_READ;
	case DMA_FROM_DEVICE:
		return CMM_DEV_MAP_WRITE;
	default:
		return CMM_DEV_MAP_RW;
	}
}

/* What was asked stays as it is. */
static void fill_answer(struct cmm_whois *whois,
			const struct cmm_answer *answer)
{
	const struct cmm_record *record = &answer->record;
	bool physical = whois->flags & CMM_WHOIS_PHYS;

	whois->state = (answer->live ? CMM_WHOIS_LIVE : 0) |
		       (answer->mapped ? CMM_WHOIS_MAPPED : 0);
	whois->id = record->id;
	whois->offset = whois->addr - (physical ? record->start : record->addr);
	whois->len = record->size;
	whois->now_ns = answer->now;
	whois->born_ns = record->born;
	whois->freed_ns = answer->freed;
	whois->unmapped_ns = answer->unmapped;
	whois->uid = from_kuid_munged(current_user_ns(), record->uid);
	whois->pid = answer->pid;
	whois->access = physical ? 0 : access_of(record->dir);
	/* Both to their ends: no byte of what came in is left. */
	memcpy(whois->comm, record->comm, sizeof(whois->comm));
	memcpy(whois->name, record->name, sizeof(whois->name));
}

/**
 * cmm_ioctl_whois() - say which buffer an address belongs to, or belonged to last
 * @zone: the zone
 * @whois: the caller's question, and the answer
 *
 * Return: 0, -EINVAL, -EPERM, -ENOENT or -ENODEV.
 */
int cmm_ioctl_whois(struct cmm_zone *zone, struct cmm_whois *whois)
{
	bool all = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	kuid_t uid = current_euid();
	struct cmm_question question = {
		.addr = whois->addr,
		.only = all ? NULL : &uid,
	};
	struct cmm_answer answer;
	int ret;

	ret = check_whois(whois);
	if (ret)
		return ret;
	if (whois->flags & CMM_WHOIS_PHYS) {
		if (!capable(CAP_SYS_RAWIO))
			return -EPERM;
	} else {
		question.device = whois->device;
		question.physical = ns_capable_noaudit(&init_user_ns,
						       CAP_SYS_RAWIO);
	}

	ret = cmm_zone_enter(zone);
	if (ret)
		return ret;
	ret = cmm_whois(zone, &question, &answer);
	cmm_zone_exit(zone);
	if (!ret)
		fill_answer(whois, &answer);
	return ret;
}
