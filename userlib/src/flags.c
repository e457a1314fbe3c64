// SPDX-License-Identifier: MIT
/*
 * Translates the library's flags to the kernel's flags: see internal.h.
 */
#include <errno.h>

#include "internal.h"

int cmm_flags_to_kernel(const struct flag *known, size_t count, unsigned int flags,
			uint32_t *kernel)
{
	size_t i;

	*kernel = 0;
	for (i = 0; i < count; i++) {
		if (flags & known[i].flag)
			*kernel |= known[i].kernel;
		flags &= ~known[i].flag;
	}
	if (!flags)
		return 0;
	errno = EINVAL;
	return -1;
}

int cmm_access_to_kernel(const struct flag known[2], unsigned int access,
			 uint32_t *kernel)
{
	if (access)
		return cmm_flags_to_kernel(known, 2, access, kernel);
	errno = EINVAL;
	return -1;
}
