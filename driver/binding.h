/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Binding: a device, for as long as one driver is bound to it.
 *
 * Attachments and mappings refer to a binding, not to a device. A binding is gone
 * when the driver is unbound. A device that is bound again gets a new binding, so
 * that nothing of the old one is found or used again.
 *
 * A binding is made for the first attachment or mapping, and ends with the last.
 * The list has one binding for a device at most: the present one, or the one that
 * the events of an unbinding are still due for.
 *
 * A device that no driver can be bound to has one binding until it is removed.
 *
 * The driver core clears the DMA operations of a device after the driver's remove(),
 * and after a probe() that fails. No binding is made from the beginning of remove(),
 * or after the failed probe(), until that is done: see cmm_binding_of().
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
 * @watch: brings the events of the device while the binding is in the list
 * @refs: attachments, mappings, and the calls that use it
 * @link: in the list of bindings
 * @lock: protects the members below, and &cmm_mapping.refs of @mappings. No call
 *	of the DMA API for @dev begins or ends without it.
 * @gone: the driver is being unbound, or is unbound. Nothing is mapped any more,
 *	and only the events of the device end mappings.
 * @mappings: of type struct cmm_mapping; each has a reference on the binding
 * @name: copy of the device's name, fixed. A name of a device that the caller has no
 *	reference of is never read.
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
