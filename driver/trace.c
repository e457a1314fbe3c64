// SPDX-License-Identifier: GPL-2.0
/* Trace: the events' code. They are described in trace.h. */
#define CREATE_TRACE_POINTS
#include "trace.h"
