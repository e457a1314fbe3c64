// SPDX-License-Identifier: GPL-2.0
/*
 * LEAF: reads the page table entry that maps an address in the calling process. It shows
 * the memory type that the CPU really uses.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "importer.h"

#ifdef CONFIG_ARM64

/* Called with the mmap lock held. No other thread accesses the mapping. */
static int find_leaf(struct mm_struct *mm, struct cmm_import_leaf *leaf)
{
	unsigned long addr = leaf->addr;
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	if (pgd_none(READ_ONCE(*pgd)))
		return -ENOENT;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(READ_ONCE(*p4d)))
		return -ENOENT;
	pud = pud_offset(p4d, addr);
	if (pud_none(READ_ONCE(*pud)))
		return -ENOENT;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(READ_ONCE(*pmd)))
		return -ENOENT;
	if (pmd_leaf(READ_ONCE(*pmd))) {
		leaf->entry = pmd_val(READ_ONCE(*pmd));
		leaf->size = PMD_SIZE;
		return 0;
	}
	pte = pte_offset_kernel(pmd, addr);
	if (!pte_present(READ_ONCE(*pte)))
		return -ENOENT;
	leaf->entry = pte_val(READ_ONCE(*pte));
	leaf->size = PAGE_SIZE;
	return 0;
}

#else

/* Other architectures do not export what a module needs to walk page tables. */
static int find_leaf(struct mm_struct *mm, struct cmm_import_leaf *leaf)
{
	return -EOPNOTSUPP;
}

#endif

/**
 * leaf_ioctl() - handle CMM_IMPORT_LEAF
 * @user: the argument of the ioctl
 *
 * Return: 0; -EFAULT for a bad address; -ENOENT if nothing is mapped there; -EOPNOTSUPP
 * on architectures other than arm64.
 */
int leaf_ioctl(struct cmm_import_leaf __user *user)
{
	struct cmm_import_leaf leaf;
	int ret;

	if (copy_from_user(&leaf, user, sizeof(leaf)))
		return -EFAULT;
	if (leaf.addr >= TASK_SIZE)
		return -EFAULT;
	mmap_read_lock(current->mm);
	ret = find_leaf(current->mm, &leaf);
	mmap_read_unlock(current->mm);
	if (!ret && copy_to_user(user, &leaf, sizeof(leaf)))
		ret = -EFAULT;
	return ret;
}
