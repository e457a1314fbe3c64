// SPDX-License-Identifier: MIT
/*
 * Converts values to text and back.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The power of 1024, as a shift, of a size's suffix; -1 if it is invalid. */
static int suffix_shift(const char *suffix)
{
	static const char letters[] = "KMG";
	const char *letter;

	if (!*suffix)
		return 0;
	letter = strchr(letters, toupper((unsigned char)*suffix));
	if (!letter || suffix[1])
		return -1;
	return 10 * (int)(letter - letters + 1);
}

int parse_size(const char *text, size_t *size)
{
	unsigned long long value;
	char *end;
	int shift;

	/* strtoull() would accept blanks and signs. */
	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	shift = suffix_shift(end);
	if (errno || shift < 0 || value > (unsigned long long)SIZE_MAX >> shift)
		return -1;
	*size = (size_t)value << shift;
	return 0;
}

int parse_address(const char *text, uint64_t *address)
{
	unsigned long long value;

	if (!strncmp(text, "0x", 2) || !strncmp(text, "0X", 2))
		text += 2;
	/* strtoull() would accept blanks, signs, and another 0x. */
	if (!*text || text[strspn(text, "0123456789abcdefABCDEF")])
		return -1;
	errno = 0;
	value = strtoull(text, NULL, 16);
	if (errno)
		return -1;
	*address = value;
	return 0;
}

const char *address_text(char text[ADDRESS_TEXT], int known, uint64_t address)
{
	if (!known)
		return "-";
	snprintf(text, ADDRESS_TEXT, "0x%08" PRIx64, address);
	return text;
}

const char *age_text(char text[AGE_TEXT], uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (s < 60)
		snprintf(text, AGE_TEXT, "%us", (unsigned int)s);
	else if (s < 3600)
		snprintf(text, AGE_TEXT, "%um%02us", (unsigned int)(s / 60),
			 (unsigned int)(s % 60));
	else if (s < 86400)
		snprintf(text, AGE_TEXT, "%uh%02um", (unsigned int)(s / 3600),
			 (unsigned int)(s / 60 % 60));
	else
		snprintf(text, AGE_TEXT, "%ud%02uh", (unsigned int)(s / 86400),
			 (unsigned int)(s / 3600 % 24));
	return text;
}

const char *escape(char *text, const char *from)
{
	char *to = text;
	size_t len;
	int width;

	for (; *from; from += len) {
		len = utf8_printable(from, &width);
		if (!len) {
			to += sprintf(to, "\\x%02x", (unsigned char)*from);
			len = 1;
			continue;
		}
		if (*from == '\\')
			*to++ = '\\';
		memcpy(to, from, len);
		to += len;
	}
	*to = '\0';
	return text;
}
