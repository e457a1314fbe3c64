// SPDX-License-Identifier: MIT
/*
 * Uses all functions for layouts and nothing else of the library: files.sh measures
 * what that links.
 */
#include <cmm.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	const struct cmm_format *format = cmm_format_by_name(argc > 1 ? argv[1] : "NV12");
	struct cmm_layout_given given = { .stride = { 2048 } };
	struct cmm_layout_rules rules;
	struct cmm_layout layout;

	if (!format || cmm_format_by_v4l2(format->v4l2) != format ||
	    (format->drm && cmm_format_by_drm(format->drm) != format) ||
	    cmm_layout_profile(&rules, "rknn", format) ||
	    cmm_layout_calc(&layout, format, 640, 480, &rules) ||
	    cmm_layout_from_strides(&layout, format, 640, 480, &given))
		return 1;
	printf("%u\n", layout.plane[0].stride);
	return 0;
}
