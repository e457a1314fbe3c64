/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Node: /dev/cmm/<zone> and /sys/class/cmm/<zone>.
 *
 * Usage, as in main.c:
 *
 *	zone = cmm_zone_create(parent, &region, flags, quota);
 *	ret = cmm_node_add(zone);	// programs can open the zone from here on
 *	...
 *	cmm_zone_unplug(zone);		// new calls fail with -ENODEV
 *	cmm_node_remove(zone);
 *	cmm_zone_put(zone);		// open files and buffers may still hold it
 */
#ifndef _CMM_NODE_H
#define _CMM_NODE_H

struct cmm_zone;
struct device_node;

int cmm_nodes_init(void);
void cmm_nodes_exit(void);

int cmm_node_add(struct cmm_zone *zone);
void cmm_node_remove(struct cmm_zone *zone);
struct cmm_zone *cmm_node_find(const struct device_node *node);

#endif /* _CMM_NODE_H */
