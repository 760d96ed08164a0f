/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Partitions and their vCPUs, each a CPU of the machine. exit.c works on these alone, and
 * reaches hardware by the few functions at the end: it can be built for user space, where
 * they are others, or be entered by something else than boot.S.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#ifndef BAREMETAL_VCPU_H
#define BAREMETAL_VCPU_H

#include "libparavirq/channel.h"
#include "libparavirq/paravirq.h"

#include "layout.h"
#include "svm.h"

#define SLEEP_ENABLE	BIT(5)	/* of PORT_SLEEP_CONTROL */
#define MAX_REPORTS	100	/* of one start: a guest in a loop must not fill the log */
#define MAX_SIDES	16	/* as ssdt.asl has */
#define APPEND_SIZE	1024

/* What exits are counted by, and how many were without effect. */
enum exit_kind {
	EXIT_CPUID, EXIT_RDMSR, EXIT_WRMSR, EXIT_IPI, EXIT_PORT, EXIT_CONTROLLER, EXIT_CHANNEL,
	EXIT_EXCEPTION, EXIT_PARK, EXIT_OTHER, REFUSED, REPORTS, NR_COUNTS
};

/* Why a partition does not run. What a fault was has been said. */
enum stop { STOP_NOT, STOP_OFF, STOP_RESTART, STOP_FAULT };

/* What a vCPU does after an exit: goes on, is reset, sleeps, or sees partition.stop. */
enum action { ACTION_RUN, ACTION_RESET, ACTION_DOZE, ACTION_STOP };

/* General registers; RAX and RSP are in the VMCB. */
enum { RCX, RDX, RBX, RBP, RSI, RDI, NR_REGISTERS = 14 };

struct vcpu {
	u64 registers[NR_REGISTERS];	/* boot.S knows these, which come first, */
	u64 host_stack;			/* this, and */
	struct vmcb *vmcb;		/* this. Its address is the physical one, too */
	struct partition *partition;
	u32 apic_id;			/* that of the CPU */
	u32 inside;			/* it is in the guest */
	u64 icr;			/* what the guest has written last */
	void *hsave, *stack;		/* a page for VMRUN; end of the hypervisor's stack */
};

struct channel_side {
	struct paravirq_channel channel;
	struct partition *peer;
	u32 line, peer_line;		/* the first here, and the first that is raised there */
	u32 address, size;		/* of the memory in the guest */
};

struct partition {
	char name[16];
	struct vcpu *vcpus;		/* the first one boots */
	u32 nr_cpus;
	u32 stop;			/* any of the CPUs may set it, the first clears it */
	struct paravirq intc;
	struct channel_side sides[MAX_SIDES];	/* its channels, by their numbers */
	u32 nr_sides;
	u64 counts[NR_COUNTS];		/* since it was started */

	u32 nr_lines, used_lines;	/* channels have lines from 0 on */
	u8 *memory;
	u64 size, low_size;		/* in all, and from 0 on in the guest */
	u64 entry, channels_end;	/* in the guest */
	u64 *npt;
	u8 *iopm;
	u16 console;			/* first port, 0 for none */
	bool pio;			/* the controller is said to be at ports */
	const struct module *kernel, *initrd, *ssdt;
	char append[APPEND_SIZE];	/* Linux's command line */
};

/* exit.c */
extern const struct paravirq_ops vcpu_intc_ops;
void vcpu_intercept(struct vmcb *vmcb);
enum action vcpu_exit(struct vcpu *vcpu);
void vcpu_raise_peer(void *side, u32 event);
void partition_report(struct partition *p);

/* Hardware, for exit.c; the NMI is the one that caused an exit. */
void hw_cpuid(u32 leaf, u32 subleaf, u32 result[4]);
void hw_send_ipi(u32 apic_id, u32 vector);
void hw_take_nmi(void);
__printf(1, 2) void hv_info(const char *format, ...);

#endif /* BAREMETAL_VCPU_H */
