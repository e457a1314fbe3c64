/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Binding: a device while one driver is bound to it.
 *
 * Attachments and mappings refer to a binding, not to a device. A binding is gone
 * when the driver is unbound. A device that is bound again gets a new binding, so
 * the state of the old one is never used again.
 *
 * The first attachment or mapping creates the binding. The last one frees it. The
 * list has at most one binding for each device: the current one, or a gone one that
 * still expects events of its unbind.
 *
 * A device that no driver can be bound to has one binding until it is removed.
 *
 * The driver core clears the DMA operations of a device after the driver's remove()
 * or after a failed probe(). No binding is created from the start of remove(), or
 * from the failure of probe(), until they are cleared: see cmm_binding_of().
 */
#ifndef _CMM_BINDING_H
#define _CMM_BINDING_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct cmm_watch;
struct device;

/**
 * struct cmm_binding - a device and its driver
 * @dev: the device; one reference
 * @watch: delivers the events of the device while the binding is in the list
 * @refs: one for each attachment, each mapping, and each call that uses it
 * @link: in the list of bindings
 * @lock: protects the members below, and &cmm_mapping.refs of @mappings. Held
 *	during each map and unmap call of the DMA API for @dev.
 * @gone: the driver is being unbound, or is unbound. No new mapping is created, and
 *	only the events of the device end mappings.
 * @mappings: of type struct cmm_mapping; each has a reference on the binding
 * @name: copy of the device's name at creation. Reading the name of a device needs
 *	a reference on it.
 */
struct cmm_binding {
	struct device *dev;
	struct cmm_watch *watch;
	refcount_t refs;
	struct list_head link;

	struct mutex lock;	/* protects gone and mappings */
	bool gone;
	struct list_head mappings;

	char name[];
};

bool cmm_device_is_translated(struct device *dev);

struct cmm_binding *cmm_binding_of(struct device *dev);
bool cmm_binding_is_over(struct cmm_binding *binding);
struct cmm_binding *cmm_binding_find(const struct device *dev);
struct cmm_binding *cmm_binding_get(struct cmm_binding *binding);
void cmm_binding_put(struct cmm_binding *binding);
void cmm_binding_remove(struct cmm_binding *binding);

#endif /* _CMM_BINDING_H */
