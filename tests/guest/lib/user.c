// SPDX-License-Identifier: MIT
/* Giving up what root may: see user.h. */
#include "user.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

void become(uid_t uid)
{
	ASSERT(!setresgid(uid, uid, uid));
	ASSERT(!setresuid(uid, uid, uid));
}

void drop_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	ASSERT(!syscall(SYS_capget, &header, data));
	data[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	data[CAP_TO_INDEX(capability)].permitted &= ~CAP_TO_MASK(capability);
	ASSERT(!syscall(SYS_capset, &header, data));
}
