// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctl, whois: CMM_IOC_WHOIS, and the privileges that it needs.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "client.h"
#include "ioctl.h"
#include "whois.h"
#include "zone.h"

static_assert(sizeof(struct cmm_whois) == 200);

/* A physical address has no device. Any other address needs one. */
static int ioctl_whois_check(const struct cmm_whois *whois)
{
	size_t len = strnlen(whois->device, sizeof(whois->device));

	if (whois->flags & ~CMM_WHOIS_PHYS || whois->pad ||
	    len == sizeof(whois->device))
		return -EINVAL;
	return !len == !!(whois->flags & CMM_WHOIS_PHYS) ? 0 : -EINVAL;
}

static u32 ioctl_whois_access(enum dma_data_direction dir)
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

/* The question stays as it is. */
static void ioctl_whois_fill(struct cmm_whois *whois,
			     const struct cmm_answer *answer)
{
	const struct cmm_record *record = &answer->record;
	bool physical = whois->flags & CMM_WHOIS_PHYS;

	whois->state = (answer->live ? CMM_WHOIS_LIVE : 0) |
		       (answer->mapped ? CMM_WHOIS_MAPPED : 0);
	whois->id = record->id;
	whois->offset = whois->addr - record->start;
	if (!physical)
		whois->offset = whois->addr - record->addr + record->offset;
	whois->len = record->size;
	whois->now_ns = answer->now;
	whois->born_ns = record->born;
	whois->freed_ns = answer->freed;
	whois->unmapped_ns = answer->unmapped;
	whois->uid = from_kuid_munged(current_user_ns(), record->uid);
	whois->pid = answer->pid;
	whois->access = physical ? 0 : ioctl_whois_access(record->dir);
	/* All bytes: nothing of the caller's input stays. */
	memcpy(whois->comm, record->comm, sizeof(whois->comm));
	memcpy(whois->name, record->name, sizeof(whois->name));
}

/**
 * cmm_ioctl_whois() - CMM_IOC_WHOIS
 * @ucmd: the call
 *
 * Return: 0, -EINVAL, -EPERM, -ENOENT, -ENODEV or -EFAULT.
 */
int cmm_ioctl_whois(struct cmm_ucmd *ucmd)
{
	bool all = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	struct cmm_zone *zone = ucmd->client->zone;
	struct cmm_whois *whois = ucmd->cmd;
	kuid_t uid = current_euid();
	struct cmm_question question = {
		.addr = whois->addr,
		.only = all ? NULL : &uid,
	};
	struct cmm_answer answer;
	int ret;

	ret = ioctl_whois_check(whois);
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
	if (ret)
		return ret;
	ioctl_whois_fill(whois, &answer);
	return cmm_ucmd_reply(ucmd, sizeof(*whois));
}
