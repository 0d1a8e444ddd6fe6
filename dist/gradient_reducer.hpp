// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "dist/named_tensors.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tacit::dist {

/// Sums gradients over ranks. Each parameter's .grad lives in one of a few flat buckets (25 MiB, first
/// 1 MiB, in reverse order of the parameters, one type and device each), so that a step costs few
/// collectives and no copies.
class GradientReducer {
  public:
    /// Collective: verifies that names, shapes and types agree on all ranks (DistError naming the first
    /// difference and the ranks), then gives each parameter a zeroed gradient inside a bucket.
    GradientReducer(const NamedTensors& parameters, Communicator& comm);
    /// Zeroes all gradients. Never call Optimizer::zero_grad(): it would drop the buckets.
    void zero();
    /// Collective: gradients become their sum over ranks. Throws std::logic_error if a gradient left its bucket.
    void reduce();
    /// Euclidean norm of each bucket, [buckets] float64, in one pass, on the device, which is not waited for; after
    /// reduce() the same bits on all ranks. Not finite where a gradient is not. Of one bucket at least.
    at::Tensor bucket_norms() const;
    /// The norm of all gradients, out of bucket_norms() on the host.
    static double norm_of(const at::Tensor& bucket_norms);
    /// Multiplies all gradients by `factor`.
    void scale(double factor);
    /// Number of collectives of one reduce().
    std::size_t buckets() const;

  private:
    struct Slice {
        std::string name;
        at::Tensor parameter;
        std::int64_t offset; ///< in elements of the bucket
    };
    struct Bucket {
        std::vector<Slice> slices;
        std::int64_t length = 0; ///< elements, with padding
        at::Tensor flat;
    };
    void assign(const NamedTensors& parameters);
    static void allocate(Bucket& bucket);

    Communicator* comm_;
    std::vector<Bucket> buckets_;
};

/// Collective: every tensor becomes rank 0's, then digests are compared (DistError when they differ).
void broadcast_from_root(const NamedTensors& tensors, Communicator& comm);

} // namespace tacit::dist
