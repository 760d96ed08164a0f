/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For kernels before 6.3, which have no such header: nothing is redirected.
 *
 * Copyright (C) 2026 The paravirq authors
 */
#define KUNIT_STATIC_STUB_REDIRECT(function, ...)	do { } while (0)
