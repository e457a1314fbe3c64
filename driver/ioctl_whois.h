/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ioctl, whois: CMM_IOC_WHOIS.
 */
#ifndef _CMM_IOCTL_WHOIS_H
#define _CMM_IOCTL_WHOIS_H

struct cmm_whois;
struct cmm_zone;

int cmm_ioctl_whois(struct cmm_zone *zone, struct cmm_whois *whois);

#endif /* _CMM_IOCTL_WHOIS_H */
