// SPDX-License-Identifier: GPL-2.0
/*
 * Mmap: a user's mappings of a dma_buf.
 *
 * mmap() maps all pages. A later fault can only set a page's access or dirty bit, in
 * the kernel's own code. The exception is parts that the kernel can map in blocks:
 * fault.c maps these. A mapping holds the dma_buf's file, and so its struct
 * cmm_dmabuf, which is the vm_private_data. Mappings that are writable, or can
 * become so with mprotect(), are counted. Writable VMAs, forks and splits included,
 * block sealing.
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
static int mmap_pages(const struct cmm_dmabuf *dmabuf,
		      struct vm_area_struct *vma, unsigned long start,
		      unsigned long end)
{
	if (start == end)
		return 0;
	return remap_pfn_range(vma, start, cmm_vma_pfn(dmabuf, vma, start),
			       end - start, cmm_vma_prot(vma));
}

static void mmap_withdraw_writing(struct cmm_dmabuf *dmabuf,
				  const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_remove_writer(dmabuf->buffer);
}

static void cmm_vma_open(struct vm_area_struct *vma)
{
	struct cmm_dmabuf *dmabuf = vma->vm_private_data;

	/* Cannot be sealed: the original VMA still prevents that. */
	if (vma->vm_flags & VM_MAYWRITE)
		cmm_buffer_add_writer(dmabuf->buffer);
}

static void cmm_vma_close(struct vm_area_struct *vma)
{
	mmap_withdraw_writing(vma->vm_private_data, vma);
}

/*
 * Access by a debugger, through ptrace() or /proc/PID/mem. The kernel calls this
 * because get_user_pages() fails for PFN maps. The access uses the kernel mapping
 * and syncs only the bytes that it touches. It does not wait for devices: a debugger
 * sees the program's current state.
 *
 * The kernel does not check the VMA's permissions before this call, so the function
 * refuses to write through a read-only mapping. The kernel holds the mmap_lock.
 */
static int cmm_vma_access(struct vm_area_struct *vma, unsigned long addr,
			  void *data, int len, int write)
{
	struct cmm_dmabuf *dmabuf = vma->vm_private_data;
	u64 offset = PFN_PHYS(vma->vm_pgoff) + addr - vma->vm_start;
	struct cmm_part part = { .offset = dmabuf->part.offset + offset };
	void *vaddr;

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	vaddr = cmm_vmap(dmabuf);
	if (!vaddr)
		return -ENOMEM;

	/* Stop at the end of the VMA. */
	len = min_t(unsigned long, len, vma->vm_end - addr);
	part.size = len;
	cmm_sync_begin(dmabuf->buffer, &part,
		       write ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE);
	if (write)
		memcpy(vaddr + offset, data, len);
	else
		memcpy(data, vaddr + offset, len);
	if (write)
		cmm_sync_end(dmabuf->buffer, &part, DMA_BIDIRECTIONAL);
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
 * mode of the dma-buf's file does not tell which one: a driver that imported the
 * dma-buf may map it through a file of its own, which has another mode.
 */
static int mmap_admit_writing(struct cmm_dmabuf *dmabuf,
			      struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYWRITE && !dmabuf->read_only &&
	    !cmm_buffer_add_writer(dmabuf->buffer))
		return 0;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_mod(vma, 0, VM_MAYWRITE);
	return 0;
}

/*
 * With READ_IMPLIES_EXEC, each PROT_READ mapping also gets PROT_EXEC, without the
 * program's intent. For example, this applies to arm32 programs that do not declare
 * whether their stack is executable.
 */
static bool mmap_is_exec_implied(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_READ &&
	       current->personality & READ_IMPLIES_EXEC;
}

/* Refuse explicit PROT_EXEC, and remove implied PROT_EXEC from the mapping. */
static int mmap_refuse_execution(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_EXEC) {
		if (!mmap_is_exec_implied(vma))
			return -EACCES;
		vm_flags_mod(vma, 0, VM_EXEC);
		vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	}
	vm_flags_mod(vma, 0, VM_MAYEXEC);
	return 0;
}

/**
 * cmm_mmap() - map a dma_buf for a user
 * @dmabuf: the dma_buf; the VMA holds its file
 * @vma: the VMA; the dma-buf core has checked that it ends inside the dma_buf
 *
 * Return: 0 or a negative errno:
 * -EINVAL for a private mapping (copy-on-write of device memory makes no sense);
 * -EACCES for an executable mapping, or for a writable mapping if the dma_buf is
 * read-only or the buffer is sealed; -EOPNOTSUPP if the zone is protected; -ENOMEM.
 */
int cmm_mmap(struct cmm_dmabuf *dmabuf, struct vm_area_struct *vma)
{
	struct cmm_buffer *buffer = dmabuf->buffer;
	unsigned long first, end;
	int ret;

	if (cmm_zone_is_protected(buffer->zone))
		return -EOPNOTSUPP;
	/* VM_SHARED is only set if the file is writable. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	ret = mmap_refuse_execution(vma);
	if (ret)
		return ret;
	ret = mmap_admit_writing(dmabuf, vma);
	if (ret)
		return ret;

	/* No growing past the buffer by mremap(), and no core dumps of it. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, 0);
	if (cmm_buffer_is_wc(buffer))
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	else
		cmm_sync_note_cpu_mapping(buffer);

	cmm_fault_prepare(dmabuf, vma, &first, &end);
	ret = mmap_pages(dmabuf, vma, vma->vm_start, first);
	if (!ret)
		ret = mmap_pages(dmabuf, vma, end, vma->vm_end);
	if (ret) {
		mmap_withdraw_writing(dmabuf, vma);
		return ret;
	}
	vma->vm_private_data = dmabuf;
	vma->vm_ops = &cmm_vm_ops;
	return 0;
}
