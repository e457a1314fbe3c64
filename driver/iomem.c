// SPDX-License-Identifier: GPL-2.0
/*
 * Iomem: see iomem.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iomem.h"

static int iomem_add_size(struct resource *res, void *sum)
{
	*(u64 *)sum += resource_size(res);
	return 0;
}

/**
 * cmm_iomem_ram_bytes() - get the size of the part that is in the linear map
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 *
 * Return: bytes of "System RAM" in the range.
 */
u64 cmm_iomem_ram_bytes(u64 start, u64 end)
{
	u64 sum = 0;

	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
			    start, end, &sum, iomem_add_size);
	return sum;
}

/*
 * Memory, and reservations made at boot. All reservations have the same name, so the
 * name does not identify the owner. Other checks do: see owner.c.
 */
static bool iomem_is_memory_name(const char *name)
{
	return !strcmp(name, "System RAM") || !strcasecmp(name, "reserved");
}

/* A line is "  start-end : name", in hexadecimal digits. */
static bool iomem_parse_line(char *line, struct cmm_iomem *res)
{
	unsigned long long start, end;
	int name = 0;

	if (sscanf(line, " %llx-%llx : %n", &start, &end, &name) != 2 || !name)
		return false;
	res->start = start;
	res->end = end;
	strscpy(res->name, line + name, sizeof(res->name));
	return true;
}

/* Find the first owner of a part of the range. Modifies the text. */
static int iomem_find_in_text(char *text, u64 start, u64 end,
			      struct cmm_iomem *owner)
{
	bool visible = false;
	char *line;

	owner->has_kernel = false;
	while ((line = strsep(&text, "\n"))) {
		if (!iomem_parse_line(line, owner))
			continue;
		visible |= owner->end;
		owner->has_kernel |= !strcmp(owner->name, "Kernel code");
		if (owner->start <= end && start <= owner->end &&
		    !iomem_is_memory_name(owner->name))
			return -EBUSY;
	}
	/* Without CAP_SYS_ADMIN, all addresses read as zero. */
	return visible ? 0 : -EPERM;
}

/* Return: the whole text, to be freed with kvfree(), or an ERR_PTR. */
static char *iomem_read_text(struct file *file)
{
	size_t size = 4 * PAGE_SIZE, len = 0;
	loff_t pos = 0;
	char *text, *more;
	ssize_t n;

	text = kvmalloc(size, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	while ((n = kernel_read(file, text + len, size - len - 1, &pos)) > 0) {
		len += n;
		if (len < size - 1)
			continue;
		more = kvmalloc(2 * size, GFP_KERNEL);
		if (!more) {
			n = -ENOMEM;
			break;
		}
		memcpy(more, text, len);
		kvfree(text);
		text = more;
		size *= 2;
	}
	if (n < 0) {
		kvfree(text);
		return ERR_PTR(n);
	}
	text[len] = '\0';
	return text;
}

/**
 * cmm_iomem_find_owner() - find the first owner of a part of a range
 * @start: physical address of the first byte
 * @end: physical address of the last byte
 * @owner: the first resource in the range that is neither memory nor a reservation
 *	made at boot. It may be the kernel's image, a crash kernel's memory, or a
 *	resource of a device or driver. If there is none, only @owner->has_kernel
 *	is valid.
 *
 * Sleeps.
 *
 * Return: 0 if there is no owner, -EBUSY if there is one, or another negative errno
 * if the list cannot be read.
 */
int cmm_iomem_find_owner(u64 start, u64 end, struct cmm_iomem *owner)
{
	struct file *file;
	char *text;
	int ret;

	file = filp_open("/proc/iomem", O_RDONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	text = iomem_read_text(file);
	filp_close(file, NULL);
	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = iomem_find_in_text(text, start, end, owner);
	kvfree(text);
	return ret;
}
