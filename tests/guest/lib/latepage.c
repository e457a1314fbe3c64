// SPDX-License-Identifier: MIT
/* A page that is not there yet: see latepage.h. */
#include "latepage.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "zone.h"

struct late_page late_page_make(void *at)
{
	struct late_page page = {
		.at = at,
		.faults = syscall(SYS_userfaultfd, O_CLOEXEC),
	};
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)at, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (page.faults < 0)
		skip("this kernel has no userfaultfd");
	ASSERT(!ioctl(page.faults, UFFDIO_API, &api));
	ASSERT(!ioctl(page.faults, UFFDIO_REGISTER, &range));
	return page;
}

void late_page_wait(const struct late_page *page)
{
	struct uffd_msg message;

	ASSERT_EQ(read(page->faults, &message, sizeof(message)),
		  sizeof(message));
}

void late_page_fill(const struct late_page *page, const void *contents)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)page->at,
		.src = (uintptr_t)contents,
		.len = PAGE,
	};

	ASSERT(!ioctl(page->faults, UFFDIO_COPY, &copy));
}

void late_page_end(struct late_page *page)
{
	close(page->faults);
}
