// SPDX-License-Identifier: GPL-2.0
/*
 * Debugfs: /sys/kernel/debug/cmm/<zone>, one line for each buffer.
 *
 * Mode 0400. Buffers are gathered some at a time, so that formatting holds no
 * lock.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/user_namespace.h>

#include "buffer.h"
#include "debugfs.h"
#include "zone.h"

#define CMM_SHOW_BATCH	16

static struct dentry *root;

static void show_usage(struct seq_file *m, struct cmm_zone *zone)
{
	struct cmm_usage usage;

	cmm_zone_usage(zone, &usage);
	seq_printf(m, "zone %s: total %llu used %llu peak %llu largest free %llu, %u buffers, extents %s\n",
		   cmm_zone_name(zone), usage.total, usage.used, usage.peak,
		   usage.largest_free, usage.buffers,
		   cmm_zone_check(zone) ? "consistent" : "CORRUPT");
}

/* As CMM_IOC_QUERY: where the zone exposes them, and for CAP_SYS_RAWIO. */
static void show_phys(struct seq_file *m, struct cmm_zone *zone,
		      const struct cmm_buffer_info *info)
{
	u64 start = zone->region.start + info->offset;

	if (zone->flags & CMM_ZONE_EXPOSE_PHYS && capable(CAP_SYS_RAWIO))
		seq_printf(m, " phys %#llx-%#llx", start,
			   start + info->params.size - 1);
}

/* Names are other people's: no byte of them may reach root's terminal raw. */
static void show_name(struct seq_file *m, const char *what, const char *name)
{
	seq_printf(m, " %s \"", what);
	seq_escape_str(m, name, ESCAPE_OCTAL | ESCAPE_NAP | ESCAPE_APPEND,
		       "\"\\");
	seq_putc(m, '"');
}

static void show_buffer(struct seq_file *m, struct cmm_zone *zone,
			const struct cmm_buffer_info *info)
{
	seq_printf(m, "%llu:", info->id);
	show_phys(m, zone, info);
	seq_printf(m, " offset %#llx size %llu align %llu %s pid %d%s",
		   info->offset, info->params.size, info->params.align,
		   info->params.flags & CMM_BUF_WC ? "wc" : "cached",
		   info->pid, info->owner_gone ? " (gone)" : "");
	show_name(m, "comm", info->comm);
	seq_printf(m, " uid %u age %llu ms",
		   from_kuid_munged(&init_user_ns, info->uid),
		   div_u64(info->age_ns, NSEC_PER_MSEC));
	show_name(m, "name", info->params.name);
	seq_printf(m, " attached %u (%s)\n", info->attached, info->devices);
}

static int cmm_zone_show(struct seq_file *m, void *unused)
{
	struct cmm_zone *zone = m->private;
	struct cmm_buffer_info *infos;
	unsigned int i, n;
	u64 after = 0;

	infos = kcalloc(CMM_SHOW_BATCH, sizeof(*infos), GFP_KERNEL);
	if (!infos)
		return -ENOMEM;

	show_usage(m, zone);
	do {
		n = cmm_buffers_list(zone, after, NULL, infos, CMM_SHOW_BATCH);
		for (i = 0; i < n; i++)
			show_buffer(m, zone, &infos[i]);
		if (n)
			after = infos[n - 1].id;
	} while (n == CMM_SHOW_BATCH);

	kfree(infos);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cmm_zone);

/**
 * cmm_debugfs_init() - make the module's directory
 */
void cmm_debugfs_init(void)
{
	root = debugfs_create_dir("cmm", NULL);
}

/**
 * cmm_debugfs_exit() - remove the module's directory
 */
void cmm_debugfs_exit(void)
{
	debugfs_remove(root);
}

/**
 * cmm_debugfs_add() - make a zone's file
 * @zone: the zone; must stay until cmm_debugfs_remove() returns
 */
void cmm_debugfs_add(struct cmm_zone *zone)
{
	zone->listing = debugfs_create_file(cmm_zone_name(zone), 0400, root,
					    zone, &cmm_zone_fops);
}

/**
 * cmm_debugfs_remove() - remove a zone's file; waits for its readers
 * @zone: the zone
 */
void cmm_debugfs_remove(struct cmm_zone *zone)
{
	debugfs_remove(zone->listing);
}
