/* SPDX-License-Identifier: MIT */
/* Questions of CMM_IOC_WHOIS, and what their answers are measured by. */
#ifndef WHOIS_H
#define WHOIS_H

#include <stdint.h>

#include <linux/cmm.h>

/* The importer's nodes "edu0" and "plain" are these devices'. */
#define EDU0		"0000:00:05.0"
#define PLAIN		"cmm_plain"

/* Asks about an address that something is known of; the answer. */
struct cmm_whois ask(int node, const char *device, uint64_t addr);

/* The time on the clock of the answers, in ns. */
uint64_t whois_now(void);
void expect_between(uint64_t time, uint64_t first, uint64_t last);

#endif /* WHOIS_H */
