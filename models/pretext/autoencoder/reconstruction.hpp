// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "models/pretext/pretext.hpp"

#include <functional>
#include <string>

namespace tacit::models {

/// How a decoder's output becomes an image and is compared with its target. Reads pretext.loss, pretext.output and, for
/// ssim, pretext.ssim_window.
/// - Per pixel (autoencoders): the mean over pixels and channels of the squared error (mse), its absolute value (l1) or
///   the cross-entropy (bce), or 1 - SSIM (ssim).
/// - Summed (methods that weigh the image against a penalty of the code, as their papers do): bce, or half the squared
///   error (mse: the negative logarithm of a Gaussian of unit variance but for its constant), summed over pixels and
///   channels.
/// bce, ssim and a sigmoid output need pixels in [0, 1]: data.normalize minmax.
class Reconstruction {
  public:
    enum class Scale { per_pixel, summed };

    /// Throws ConfigError for a loss that does not go with the output, or a window larger than the images.
    Reconstruction(const config::Section& pretext, augment::ImageShape shape, Scale scale);
    /// This rank's share, of the decoder's output against images [N, C, H, W]. Throws ConfigError at the first target
    /// that is out of the range that the loss needs.
    at::Tensor share(const at::Tensor& output, const at::Tensor& target, std::int64_t global_count);
    /// [N, C, H, W] float images of the decoder's output.
    at::Tensor images(const at::Tensor& output) const;

  private:
    void require_unit_range(const at::Tensor& target);

    std::string loss_;
    bool sigmoid_;
    std::int64_t window_ = 0; ///< of ssim
    double scale_;            ///< times the mean over pixels
    bool range_is_known_ = false;
};

/// Rows of input, output and, where it is another view, target; `reconstruct` makes images of images.
PretextPicture reconstruction_picture(const PretextInput& input,
                                      const std::function<at::Tensor(const at::Tensor&)>& reconstruct);

} // namespace tacit::models
