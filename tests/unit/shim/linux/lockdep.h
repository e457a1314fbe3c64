/* SPDX-License-Identifier: MIT */
/* Native tests have one thread and no lockdep. */
