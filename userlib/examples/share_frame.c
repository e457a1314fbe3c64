// SPDX-License-Identifier: MIT
/*
 * Passes a frame and its layout to another process over a Unix socket. The receiver gets
 * a read-only descriptor. It needs no access to the zone's node.
 *
 *	example-share_frame [ZONE]
 */
#include <cmm.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GREY	128

/* A message with room for one descriptor. */
struct message {
	struct msghdr header;
	struct iovec part;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
};

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, cmm_strerror(errno));
	exit(1);
}

static void message_init(struct message *message, struct cmm_layout *layout)
{
	memset(message, 0, sizeof(*message));
	message->part.iov_base = layout;
	message->part.iov_len = sizeof(*layout);
	message->header.msg_iov = &message->part;
	message->header.msg_iovlen = 1;
	message->header.msg_control = message->control;
	message->header.msg_controllen = sizeof(message->control);
}

static void send_frame(int socket, int fd, struct cmm_layout *layout)
{
	struct message message;
	struct cmsghdr *control;

	message_init(&message, layout);
	control = CMSG_FIRSTHDR(&message.header);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &fd, sizeof(int));
	if (sendmsg(socket, &message.header, 0) != sizeof(*layout))
		fail("sendmsg");
}

/* Returns the frame's descriptor, which the caller closes. */
static int receive_frame(int socket, struct cmm_layout *layout)
{
	struct message message;
	struct cmsghdr *control;
	int fd;

	message_init(&message, layout);
	if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != sizeof(*layout))
		fail("recvmsg");
	control = CMSG_FIRSTHDR(&message.header);
	if (!control || control->cmsg_type != SCM_RIGHTS) {
		fprintf(stderr, "the message has no descriptor\n");
		exit(1);
	}
	memcpy(&fd, CMSG_DATA(control), sizeof(int));
	return fd;
}

/* The other process may be wrong: makes a layout that lies inside the buffer. */
static void check_layout(struct cmm_layout *layout, const struct cmm_buf *buf)
{
	const struct cmm_format *format = cmm_format_by_v4l2(layout->format);
	struct cmm_layout_given given = { .len = { cmm_buf_len(buf) } };
	unsigned int i;

	for (i = 0; i < CMM_MAX_PLANES; i++) {
		given.stride[i] = layout->plane[i].stride;
		given.offset[i] = layout->plane[i].offset;
	}
	if (!format || cmm_layout_from_strides(layout, format, layout->width,
					       layout->height, &given))
		fail("the layout does not fit the buffer");
}

static void receiver(int socket)
{
	struct cmm_layout layout;
	int fd = receive_frame(socket, &layout);
	struct cmm_buf *frame = cmm_buf_import(NULL, fd);
	const unsigned char *pixels;
	unsigned int x, y, grey = 0;

	close(fd);
	if (!frame)
		fail("import");
	check_layout(&layout, frame);
	pixels = cmm_buf_map(frame);
	if (!pixels || cmm_buf_sync_begin(frame, CMM_CPU_READ))
		fail("map");
	for (y = 0; y < layout.height; y++)
		for (x = 0; x < layout.width; x++)
			grey += pixels[layout.plane[0].offset +
				       (size_t)y * layout.plane[0].stride + x] == GREY;
	cmm_buf_sync_end(frame, CMM_CPU_READ);
	printf("received %ux%u with %u planes: %u grey pixels\n", layout.width,
	       layout.height, layout.planes, grey);
	cmm_buf_close(frame);
}

static void sender(int socket, const char *zone_name)
{
	const struct cmm_layout_rules rules = {
		.stride_align = 64,
		.plane_align = (uint32_t)sysconf(_SC_PAGESIZE),
	};
	struct cmm_zone *zone = cmm_zone_open(zone_name);
	struct cmm_buf *frame, *view;
	struct cmm_layout layout;
	void *pixels;

	if (!zone || cmm_layout_calc(&layout, cmm_format_by_name("NV12"), 1366, 768, &rules))
		fail("zone or layout");
	frame = cmm_buf_alloc(zone, (size_t)layout.len[0], 0, 0, "frame");
	if (!frame)
		fail("frame");
	pixels = cmm_buf_map(frame);
	if (!pixels || cmm_buf_sync_begin(frame, CMM_CPU_WRITE))
		fail("map");
	memset(pixels, GREY, cmm_buf_len(frame));
	cmm_buf_sync_end(frame, CMM_CPU_WRITE);

	view = cmm_buf_view(frame, 0, cmm_buf_len(frame), 0);
	if (!view)
		fail("view");
	send_frame(socket, cmm_buf_fd(view), &layout);
	/* The receiver's descriptor keeps the memory. */
	cmm_buf_close(view);
	cmm_buf_close(frame);
	cmm_zone_close(zone);
}

int main(int argc, char **argv)
{
	int sockets[2], status;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		fail("socketpair");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		close(sockets[1]);
		receiver(sockets[0]);
		return 0;
	}
	close(sockets[0]);
	sender(sockets[1], argc > 1 ? argv[1] : NULL);
	close(sockets[1]);
	if (waitpid(child, &status, 0) != child || status)
		return 1;
	return 0;
}
