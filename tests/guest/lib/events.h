/* SPDX-License-Identifier: MIT */
/* The driver's trace events, of all threads, while they are being recorded. */
#ifndef EVENTS_H
#define EVENTS_H

/* Skips the test on a kernel without events. */
void events_begin(void);
void events_end(void);

/* Events of ZONE with that word in them. */
int events_count(const char *event, const char *word);
/* Seconds between the two neighbouring events of ZONE that are furthest apart. */
double events_longest_silence(void);

#endif /* EVENTS_H */
