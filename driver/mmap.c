// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: a user's mappings of a buffer.
 *
 * mmap() maps all pages, so a mapping never faults. The exception is parts that the
 * kernel can map in blocks: fault.c maps these. A mapping holds the dma-buf's file,
 * and so the buffer. Mappings that are writable, or can become so with mprotect(),
 * are counted. Writable VMAs, forks and splits included, block sealing.
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

/* Fill the page tables from @start to @end (exclusive). */
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
	/* Cannot be sealed: the original VMA still prevents that. */
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_add_writer(vma->vm_private_data);
}

static void cmm_vma_close(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_remove_writer(vma->vm_private_data);
}

/*
 * Access by a debugger, through ptrace() or /proc/PID/mem. The kernel calls this
 * because the VMA has no struct pages. The access uses the kernel mapping and syncs
 * only the bytes that it touches. It does not wait for devices: a debugger sees the
 * program's current state.
 *
 * The kernel would allow a debugger to write to a read-only mapping, so this
 * function refuses it. The kernel holds the mmap_lock.
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

	/* Stop at the end of the VMA. */
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
 * Count the mapping as a writer, or make sure that it can never become writable. The
 * mode of the dma-buf's file is not enough: a driver may map an imported dma-buf
 * through the driver's own file.
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
 * With READ_IMPLIES_EXEC, each PROT_READ mapping also gets PROT_EXEC, without the
 * program's intent. For example, this applies to arm32 programs that do not declare
 * whether their stack is executable.
 */
static bool is_exec_implied(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_READ &&
	       current->personality & READ_IMPLIES_EXEC;
}

/* Refuse explicit PROT_EXEC, and remove implied PROT_EXEC from the mapping. */
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
 * @vma: the VMA; the dma-buf core has checked that it ends inside the buffer
 * @read_only: the mapping must not become writable
 *
 * Return: 0 or a negative errno:
 * -EINVAL for a private mapping (copy-on-write of device memory makes no sense);
 * -EACCES for an executable mapping, or for a writable mapping if the buffer is
 * sealed or @read_only is set; -EOPNOTSUPP if the zone is protected; -ENOMEM.
 */
int cmm_buffer_mmap(struct cmm_buffer *buffer, struct vm_area_struct *vma,
		    bool read_only)
{
	unsigned long first, end;
	int ret;

	if (cmm_zone_is_protected(buffer->zone))
		return -EOPNOTSUPP;
	/* VM_SHARED is only set if the file is writable. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	ret = refuse_execution(vma);
	if (ret)
		return ret;
	ret = admit_writing(buffer, vma, read_only);
	if (ret)
		return ret;

	/* No growing past the buffer by mremap(), and no core dumps of it. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		cmm_sync_note_cpu_mapping(buffer);

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
