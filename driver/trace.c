// SPDX-License-Identifier: GPL-2.0
/* Trace: the events' code. They are described in trace.h. */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "binding.h"
#include "buffer.h"
#include "mapping.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
