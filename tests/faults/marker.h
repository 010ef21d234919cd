/* marker.h - the system call prctl(FAULT_MARKER), which does nothing: the program proper begins. */
#ifndef FAULTS_MARKER_H
#define FAULTS_MARKER_H

enum { FAULT_MARKER = 0x504f4c21 };

#endif
