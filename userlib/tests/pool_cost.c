// SPDX-License-Identifier: MIT
/*
 * Gets and puts a frame, to count what that takes. See pool_cost.sh.
 *
 *   pool_cost calls    a system call between the first and the last get kills the program
 *   pool_cost sample   the same, with one system call: it must be killed
 *   pool_cost PAIRS    that many gets and puts in get_and_put(), for callgrind
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmm_pool.h>

#include "fake.h"

static struct cmm_pool *pool;

__attribute__((noinline))
void get_and_put(void)
{
	struct cmm_frame *frame = cmm_pool_get(pool, -1);

	cmm_frame_put(cmm_frame_ref(frame));
	cmm_frame_put(frame);
}

/* Every system call but exit() kills the process from now on. */
static void forbid_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
}

int main(int argc, char **argv)
{
	struct cmm_zone *zone;
	long i, pairs;

	fake_reset();
	zone = cmm_zone_open("media");
	pool = cmm_pool_alloc(zone, 1, 0, 0, "frame", 4, 4);
	if (argc != 2 || !pool)
		return 1;

	pairs = atol(argv[1]);
	if (!pairs)
		forbid_calls();
	for (i = 0; i < (pairs ? pairs : 100000); i++)
		get_and_put();
	if (!strcmp(argv[1], "sample"))
		getppid();
	syscall(SYS_exit, 0);
	return 1;
}
