// SPDX-License-Identifier: MIT
/* A DRM driver's node and PRIME, by libdrm's calls: see card.h. */
#include "card.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "driver.h"
#include "harness.h"

#define MAX_CARDS	16

static bool is_of(int card, const char *driver)
{
	drmVersion *version = drmGetVersion(card);
	bool is = version && !strcmp(version->name, driver);

	drmFreeVersion(version);
	return is;
}

int card_open(const char *driver)
{
	char path[64];
	int i, card;

	if (module_probe(driver))
		skip("this kernel has no %s", driver);
	for (i = 0; i < MAX_CARDS; i++) {
		snprintf(path, sizeof(path), DRM_DEV_NAME, DRM_DIR_NAME, i);
		card = open(path, O_RDWR | O_CLOEXEC);
		if (card < 0)
			continue;
		if (is_of(card, driver))
			return card;
		close(card);
	}
	FAIL("%s is loaded but has no node", driver);
}

uint32_t fd_to_handle(int card, int fd)
{
	uint32_t handle = 0;

	ASSERT(!drmPrimeFDToHandle(card, fd, &handle));
	ASSERT(handle);
	return handle;
}

int handle_to_fd(int card, uint32_t handle)
{
	int fd = -1;

	ASSERT(!drmPrimeHandleToFD(card, handle, DRM_CLOEXEC | DRM_RDWR, &fd));
	return fd;
}
