// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: a user's mappings of a buffer.
 *
 * A mapping is complete when mmap() returns and never faults, but for what the
 * kernel can map by blocks: that is left to fault.c. It holds the dma-buf's file,
 * and by that the buffer. One that can be written, now or after mprotect(), is
 * counted, and so is each copy and each part of it, for who wants to seal the
 * buffer.
 */
#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "buffer.h"
#include "fault.h"
#include "mmap.h"
#include "sync.h"
#include "vmap.h"

/* Complete page tables for the addresses from @start to @end, exclusive. */
static int map_pages(const struct cmm_buffer *buffer,
		     struct vm_area_struct *vma, unsigned long start,
		     unsigned long end)
{
	if (start == end)
		return 0;
	return remap_pfn_range(vma, start, cmm_vma_pfn(buffer, vma, start),
			       end - start, cmm_vma_prot(vma));
}

static void cmm_vma_open(struct vm_area_struct *vma)
{
	/* Not sealed, as this is a copy or a part of what prevents that. */
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_add_writer(vma->vm_private_data);
}

static void cmm_vma_close(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_remove_writer(vma->vm_private_data);
}

/*
 * A debugger's access, which the kernel makes where it cannot get at pages: that of
 * ptrace() and of /proc/PID/mem. It is an access of the CPU's like the program's own,
 * through the kernel's mapping, and is announced for the bytes that it touches. No
 * device is waited for: a debugger looks at a program as it is.
 *
 * The kernel would let a debugger write what the program cannot, so this does not.
 * It holds the mmap_lock.
 */
static int cmm_vma_access(struct vm_area_struct *vma, unsigned long addr,
			  void *data, int len, int write)
{
	struct cmm_buffer *buffer = vma->vm_private_data;
	u64 offset = PFN_PHYS(vma->vm_pgoff) + addr - vma->vm_start;
	void *vaddr;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	vaddr = cmm_buffer_vmap(buffer);
	if (!vaddr)
		return -ENOMEM;

	/* What is behind the mapping's end is another mapping's. */
	len = min_t(unsigned long, len, vma->vm_end - addr);
	cmm_sync_begin(buffer, offset, len,
		       write ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE);
	if (write)
		memcpy(vaddr + offset, data, len);
	else
		memcpy(data, vaddr + offset, len);
	if (write)
		cmm_sync_end(buffer, offset, len, DMA_BIDIRECTIONAL);
	return len;
}

static const struct vm_operations_struct cmm_vm_ops = {
	.open = cmm_vma_open,
	.close = cmm_vma_close,
	.access = cmm_vma_access,
	CMM_FAULT_OPS
};

/*
 * Let a mapping be written, or see to it that it never is. What the dma-buf's
 * own file allows is not enough to know: a driver may map a dma-buf that it
 * imported through a file of its own.
 */
static int admit_writing(struct cmm_buffer *buffer, struct vm_area_struct *vma,
			 bool read_only)
{
	if (vma->vm_flags & VM_MAYWRITE && !read_only &&
	    !cmm_buffer_add_writer(buffer))
		return 0;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_mod(vma, 0, VM_MAYWRITE);
	return 0;
}

static void withdraw_writing(struct cmm_buffer *buffer,
			     const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_remove_writer(buffer);
}

/*
 * A process with READ_IMPLIES_EXEC asks for PROT_EXEC whenever it asks for
 * PROT_READ, and does not mean it. That is the case for arm32 programs that do not
 * say whether their stack is executable, among others.
 */
static bool is_exec_implied(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_READ &&
	       current->personality & READ_IMPLIES_EXEC;
}

/* A buffer is never code. What is only implied is left out of the mapping. */
static int refuse_execution(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_EXEC) {
		if (!is_exec_implied(vma))
			return -EACCES;
		vm_flags_mod(vma, 0, VM_EXEC);
		vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	}
	vm_flags_mod(vma, 0, VM_MAYEXEC);
	return 0;
}

/**
 * cmm_buffer_mmap() - map a part of a buffer for a user
 * @buffer: the buffer
 * @vma: where, and from which page on; the dma-buf core has checked that it
 *	ends inside the buffer
 * @read_only: it must not be written
 *
 * Return: 0, -EINVAL for a private mapping (a copy on write of device memory
 * makes no sense), -EACCES for one that is meant to be executable and for a writable
 * one if the buffer is sealed or this must not be written, -EOPNOTSUPP if the zone is
 * protected, or -ENOMEM.
 */
int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		    bool read_only)
{
	unsigned long first, end;
	int ret;

	if (cmm_zone_is_protected(buffer->zone))
		return -EOPNOTSUPP;
	/* VM_SHARED is only set where the file may be written. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	ret = refuse_execution(vma);
	if (ret)
		return ret;
	ret = admit_writing(buffer, vma, read_only);
	if (ret)
		return ret;

	/* Neither to grow past the buffer, nor in core dumps. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		cmm_buffer_note_cpu_mapping(buffer);

	cmm_fault_prepare(buffer, vma, &first, &end);
	ret = map_pages(buffer, vma, vma->vm_start, first);
	if (!ret)
		ret = map_pages(buffer, vma, end, vma->vm_end);
	if (ret) {
		withdraw_writing(buffer, vma);
		return ret;
	}
	vma->vm_private_data = buffer;
	vma->vm_ops = &cmm_vm_ops;
	return 0;
}
