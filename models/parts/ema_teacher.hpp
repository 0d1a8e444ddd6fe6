// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>

namespace tacit::models {

// A teacher is a second module of the student's architecture that follows it (mean teacher, Tarvainen & Valpola 2017;
// BYOL, DINO, I-JEPA). It is registered by its pretext, so that a checkpoint holds it, and needs no gradient.
// What follows is the parameters. Running statistics are the teacher's own: it normalises with those of its own
// batches, in training mode, as BYOL's target does.

/// Before the first step: the teacher's parameters and buffers become copies of the student's.
void start_teacher(torch::nn::Module& teacher, const torch::nn::Module& student);

/// After the optimiser's step: teacher = momentum teacher + (1 - momentum) student. `momentum` in [0, 1].
void update_teacher(torch::nn::Module& teacher, const torch::nn::Module& student, double momentum);

} // namespace tacit::models
