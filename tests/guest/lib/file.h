/* SPDX-License-Identifier: MIT */
/* Small files of sysfs and its like. */
#ifndef FILE_H
#define FILE_H

/* Writes a text in one go, as they want it; 0 or a negative errno. */
int file_write(const char *path, const char *text);
/* Opens to truncate, which some take for forgetting; 0 or a negative errno. */
int file_clear(const char *path);

#endif /* FILE_H */
