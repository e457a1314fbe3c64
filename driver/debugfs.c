// SPDX-License-Identifier: GPL-2.0
/*
 * Debugfs: /sys/kernel/debug/cmm/<zone>, one line for each buffer.
 *
 * Mode 0400. The reader holds a reference on the buffer that it formats, but no
 * lock.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>
#include <linux/user_namespace.h>

#include "buffer.h"
#include "debugfs.h"
#include "zone.h"

static struct dentry *root;

static void show_usage(struct seq_file *m, struct cmm_zone *zone)
{
	struct cmm_usage usage;

	cmm_zone_usage(zone, &usage);
	seq_printf(m, "zone %s: total %llu used %llu peak %llu largest free %llu, %u buffers\n",
		   cmm_zone_name(zone), usage.total, usage.used, usage.peak,
		   usage.largest_free, usage.buffers);
}

/* Same rule as CMM_IOC_QUERY: the zone must expose them, to CAP_SYS_RAWIO only. */
static void show_phys(struct seq_file *m, struct cmm_zone *zone,
		      const struct cmm_buffer_info *info)
{
	u64 start = zone->region.start + info->offset;

	if (zone->flags & CMM_ZONE_EXPOSE_PHYS && capable(CAP_SYS_RAWIO))
		seq_printf(m, " phys %#llx-%#llx", start,
			   start + info->params.size - 1);
}

/* Users choose the names: escape them, to protect root's terminal. */
static void show_name(struct seq_file *m, const char *what, const char *name)
{
	seq_printf(m, " %s \"", what);
	seq_escape_str(m, name, ESCAPE_OCTAL | ESCAPE_NAP | ESCAPE_APPEND,
		       "\"\\");
	seq_putc(m, '"');
}

static void show_buffer(struct seq_file *m, struct cmm_zone *zone,
			struct cmm_buffer *buffer)
{
	char devices[CMM_DEVICES_LEN];
	struct cmm_buffer_info info;
	unsigned int attached;

	cmm_buffer_info(buffer, &info);
	attached = cmm_buffer_devices(buffer, devices);
	seq_printf(m, "%llu:", info.id);
	show_phys(m, zone, &info);
	seq_printf(m, " offset %#llx size %llu align %llu %s pid %d%s",
		   info.offset, info.params.size, info.params.align,
		   info.params.flags & CMM_BUF_WC ? "wc" : "cached",
		   info.pid, info.owner_gone ? " (gone)" : "");
	show_name(m, "comm", info.comm);
	seq_printf(m, " uid %u age %llu ms",
		   from_kuid_munged(&init_user_ns, info.uid),
		   div_u64(info.age_ns, NSEC_PER_MSEC));
	show_name(m, "name", info.name);
	seq_printf(m, " attached %u (%s)\n", attached, devices);
}

/* The position is the id of the buffer; 0 is the line of the zone. */
static void *cmm_zone_start(struct seq_file *m, loff_t *pos)
{
	if (!*pos)
		return SEQ_START_TOKEN;
	return cmm_buffer_get_next(m->private, *pos - 1, NULL);
}

static void cmm_zone_stop(struct seq_file *m, void *v)
{
	if (!IS_ERR_OR_NULL(v) && v != SEQ_START_TOKEN)
		cmm_buffer_put(v);
}

static void *cmm_zone_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct cmm_buffer *buffer = v == SEQ_START_TOKEN ? NULL : v;
	u64 after = buffer ? buffer->id : 0;

	cmm_zone_stop(m, v);
	buffer = cmm_buffer_get_next(m->private, after, NULL);
	*pos = IS_ERR_OR_NULL(buffer) ? after + 1 : buffer->id;
	return buffer;
}

static int cmm_zone_show(struct seq_file *m, void *v)
{
	if (v == SEQ_START_TOKEN)
		show_usage(m, m->private);
	else
		show_buffer(m, m->private, v);
	return 0;
}

static const struct seq_operations cmm_zone_seq_ops = {
	.start = cmm_zone_start,
	.next = cmm_zone_next,
	.stop = cmm_zone_stop,
	.show = cmm_zone_show,
};

static int cmm_zone_open(struct inode *inode, struct file *file)
{
	int ret = seq_open(file, &cmm_zone_seq_ops);

	if (!ret)
		((struct seq_file *)file->private_data)->private =
			inode->i_private;
	return ret;
}

static const struct file_operations cmm_zone_fops = {
	.owner = THIS_MODULE,
	.open = cmm_zone_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release,
};

/**
 * cmm_debugfs_init() - create the module's directory
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
 * cmm_debugfs_add() - create a zone's file
 * @zone: the zone; must stay valid until cmm_debugfs_remove() returns
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
