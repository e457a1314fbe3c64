/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compat, kernel: various small functions and macros.
 */
#ifndef _CMM_COMPAT_KERNEL_H
#define _CMM_COMPAT_KERNEL_H

#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/timekeeping.h>

/* static_assert() exists since 5.1. */
#ifndef static_assert
#define static_assert(expr, ...) _Static_assert(expr, #expr)
#endif

/*
 * bus_find_device_by_of_node() exists since 5.4. Match functions take const data
 * since 5.3.
 */
#ifndef CMM_HAVE_FIND_BY_OF_NODE
#ifdef CMM_HAVE_MATCH_CONST
#define COMPAT_MATCH_CONST const
#else
#define COMPAT_MATCH_CONST
#endif

static inline int compat_match_of_node(struct device *dev,
				       COMPAT_MATCH_CONST void *node)
{
	return dev->of_node == node;
}

#define bus_find_device_by_of_node(bus, node) \
	bus_find_device(bus, NULL, (void *)(node), compat_match_of_node)

static inline int compat_class_match_of_node(struct device *dev,
					     const void *node)
{
	return dev->of_node == node;
}

#define class_find_device_by_of_node(class, node) \
	class_find_device(class, NULL, node, compat_class_match_of_node)
#endif

/* Bus functions take a const bus_type since 6.4. */
#ifdef CMM_HAVE_CONST_BUS
#define CMM_BUS_CONST const
#else
#define CMM_BUS_CONST
#endif

/* lockdep_assert() exists since 5.13. */
#ifndef lockdep_assert
#define lockdep_assert(cond) WARN_ON(debug_locks && !(cond))
#endif

/* dev_err_probe() exists since 5.9. It does not log deferred probes as errors. */
#ifndef CMM_HAVE_DEV_ERR_PROBE
#define dev_err_probe(dev, err, fmt, ...)					\
({										\
	int __err = (err);							\
										\
	if (__err == -EPROBE_DEFER)						\
		dev_dbg(dev, "deferred: " fmt, ##__VA_ARGS__);			\
	else									\
		dev_err(dev, "error %d: " fmt, __err, ##__VA_ARGS__);		\
	__err;									\
})
#endif

#ifndef data_race
/* data_race() exists since 5.8. Older kernels have no race detector. */
#define data_race(expr) (expr)
#endif

/* The name is ktime_get_boottime_ns() since 5.3. */
#ifndef CMM_HAVE_BOOTTIME_NS
#define ktime_get_boottime_ns() ktime_get_boot_ns()
#endif

/* totalram_pages is a variable before 5.0. */
#ifndef CMM_HAVE_TOTALRAM_PAGES
#define totalram_pages() totalram_pages
#endif

/* Symbol namespaces exist since 5.4, and are string literals since 6.13. */
#ifndef CMM_HAVE_LITERAL_IMPORT_NS
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)
#endif

/* Without device trees there is no property to read a number from. */
#ifndef CONFIG_OF
#define of_read_number(cells, count)	((void)(cells), (void)(count), (u64)0)
#endif

#endif /* _CMM_COMPAT_KERNEL_H */
