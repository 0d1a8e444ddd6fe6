// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"
#include "dist/named_tensors.hpp"
#include "models/backbones/backbone.hpp"
#include "models/pretext/code_model.hpp"
#include "models/step/context.hpp"
#include "models/step/metric.hpp"
#include "pipeline/config/section.hpp"

#include <torch/nn/module.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tacit::models {

/// The views of one (micro-)batch on one rank, as tensors on the training device.
struct PretextInput {
    std::vector<at::Tensor> views; ///< each [N, C, H, W] float32, normalised by the data set's mean and std
    std::vector<at::Tensor> masks; ///< per view [N, planes, h, w] float32 (augment::MaskShape); undefined where none
    std::vector<at::Tensor> rotations;    ///< per view [N] int64 quarter turns; undefined where none
    std::vector<at::Tensor> permutations; ///< per view [N] int64 index into the permutation set; undefined where none
    at::Tensor ids;    ///< [N] int64 on the host: each sample's place in the data set, the key of draws and banks
    at::Tensor labels; ///< [N] int64 on the host, -1 where unlabelled; to watch training with, never to learn from
    std::int64_t global_count = 0; ///< samples of this (micro-)batch over all ranks
    StepContext at;                ///< the step that it is for
};

/// What one rank contributes to a step.
struct PretextLoss {
    /// Scalar: this rank's *share* of the loss, i.e. the sum over its own terms divided by the global
    /// number of terms. Shares add up to the loss of the global batch; gradients likewise.
    at::Tensor loss;
    /// Further shares to log, e.g. {"accuracy", correct / global count}: scalars without gradient, on any device, so
    /// that nothing has to wait for them. Their names are among Pretext::metrics().
    std::map<std::string, at::Tensor> metrics = {};
};

/// A loss in two halves, where it compares embeddings of different images, so that train.grad_cache can compare those
/// of all micro-batches. Both are collective.
class EmbeddingLoss {
  public:
    virtual ~EmbeddingLoss() = default;
    /// [N, …] each, of the N images of a micro-batch, row by row. Differentiable, and the same bits if called again in
    /// the same step with batch norms' running statistics paused.
    virtual std::vector<at::Tensor> embed(const PretextInput& input) = 0;
    /// Of such embeddings, of as many images on each rank. Draws nothing.
    virtual PretextLoss compare(const std::vector<at::Tensor>& embeddings) = 0;
};

/// Parameters that are trained by one update, under one plan.
struct ParameterGroup {
    std::string name;            ///< "main", "last layer"
    NamedTensors tensors;        ///< in the order of Pretext::named_parameters()
    std::set<std::string> plain; ///< names of those without weight decay and trust ratio
    std::string update = "main"; ///< the update that moves them; no other one reaches them
    double lr_scale = 1;         ///< times the learning rate
};

/// Those of `tensors` that require a gradient, as a group for the update `name`; plain are those of one dimension
/// (biases, norms, gains), positions (pos_embed) and single tokens (cls_token, mask_token).
ParameterGroup parameter_group(const std::string& name, const NamedTensors& tensors);

/// What becomes of a group in a step.
struct GroupPlan {
    bool train = true; ///< else the group stands still: no gradient, no decay, no momentum
    double lr_scale = 1;
};

/// What a pretext needs from the augmentation stage; checked against the recipe before training.
struct ViewNeeds {
    int views = 1;         ///< at least
    bool mask = false;     ///< view 0 must make one plane of a mask, of its pixels or of patches
    bool rotation = false; ///< every view must carry its rotation
    int images = 1;        ///< at least, in a micro-batch over all ranks: 2 where images are compared with each other
    bool target = false;   ///< the last view shows the same pixels as view 0 and is what the loss aims at
};

/// What a pretext may look at before the first step of a run.
struct TrainingData {
    std::vector<double> mean; ///< of each channel, by which views are normalised
    std::vector<double> std;
    std::int64_t batches = 0;                        ///< of the first epoch
    std::function<PretextInput(std::int64_t)> batch; ///< this rank's part of one of them, as training sees it
};

/// Rows of a pretext picture at most.
inline constexpr std::int64_t kPictureRows = 8;

/// A picture for the report: rows of equally sized images.
struct PretextPicture {
    std::string title;                 ///< "reconstruction", "in-painting", "rotation puzzle"
    std::vector<std::string> columns;  ///< caption of each column, e.g. {"input", "output", "target"}
    at::Tensor images;                 ///< [rows, columns, C, H, W] float32, normalised like the views
    std::vector<std::string> captions; ///< optional, one per row, e.g. "90 degrees, predicted 90 degrees"
};

/// What a pretext is made of.
struct PretextParts {
    const config::Section& section; ///< `pretext`
    std::shared_ptr<Backbone> backbone;
    /// One more backbone of the same kind, freshly initialised: for teachers.
    std::function<std::shared_ptr<Backbone>()> another;
    /// The same for images of so many channels: for networks that are shown a part of the colours.
    std::function<std::shared_ptr<Backbone>(int)> of_channels;
    augment::ImageShape shape; ///< of view 0
    dist::Communicator& comm;  ///< must outlive the pretext
    std::span<const Metric> metrics = {};
};

/// A pretext task: owns its backbone, its heads and its loss. Batch statistics, negatives and counts are
/// those of the global batch. One file per pretext; list.hpp lists them.
///
/// All that a step depends on is a parameter or a buffer (teachers, queues, centres, banks: register them), the
/// StepContext, or drawn by models/step/draws.hpp, so that a checkpoint is whole and ranks do not count.
///
/// A step makes each update of updates() that is due: the loss of every micro-batch, backward into the live groups of
/// the update, gradients summed over ranks, the optimiser; between before_step() and after_step().
class Pretext : public torch::nn::Module {
  public:
    virtual ViewNeeds needs() const = 0;
    /// All metrics that loss() may give, besides the trainer's own (loss, lr, grad_norm); by default those of the
    /// registry's entry.
    virtual std::vector<Metric> metrics() const;
    /// Players in turn: "main" alone, or e.g. {"critic", "main"} of an adversarial pretext.
    virtual std::vector<std::string> updates() const;
    /// Whether context.update is made in this step.
    virtual bool is_due(const StepContext& context) const;
    /// Which parameters each update trains; by default all, by "main". Called once, before training.
    virtual std::vector<ParameterGroup> groups();
    /// Freezing and phases; by default every group is trained.
    virtual GroupPlan plan(const ParameterGroup& group, const StepContext& context) const;
    /// Collective, before the first step of a run. What is found here belongs into buffers: a run that was resumed has
    /// them from its checkpoint and does not look again.
    virtual void look_at(const TrainingData& data);
    /// Before the first loss of a step; what an earlier step gathered and was left out with is forgotten here.
    virtual void before_step(const StepContext& context);
    /// Loss of the update input.at.update. Collective when the loss spans ranks. Differentiable. It changes no state
    /// but running statistics: what a step changes is changed in after_step(), once for all micro-batches.
    virtual PretextLoss loss(const PretextInput& input) = 0;
    /// Whether loss() asks a device for the same work in every step, so that it can be recorded once and replayed
    /// (train.cuda_graph): of `input` it reads views, masks, rotations, permutations and global_count alone, else
    /// parameters and buffers; it draws nothing, copies nothing from the host, waits for nothing, branches by no value,
    /// and keeps nothing for after_step(). By default not.
    virtual bool replayable() const { return false; }
    /// The same loss in halves; nullptr where it has none.
    virtual EmbeddingLoss* halves() { return nullptr; }
    /// What turns images into codes and codes into images; nullptr where nothing does.
    virtual CodeModel* codes() { return nullptr; }
    /// What else a person who starts the run should see, such as the shapes of layers, in one line; "" for nothing.
    virtual std::string describe() const { return ""; }
    /// After the optimiser moved the parameters, on all ranks, without gradient: moving averages, queues, centres. Not
    /// called when the step was left out because its gradient was not finite.
    virtual void after_step(const StepContext& context);
    /// The encoder that is judged and exported: the backbone, or a teacher that is registered as another module.
    virtual std::shared_ptr<Backbone> evaluated();
    /// Pictures of what the pretext learned, made in eval mode without gradient; empty if there is nothing to see.
    std::vector<PretextPicture> pictures(const PretextInput& input);
    /// Registered as module "backbone": its parameters are named backbone.*.
    Backbone& backbone() { return *backbone_; }

  protected:
    explicit Pretext(const PretextParts& parts);
    /// With another backbone than parts.backbone.
    Pretext(const PretextParts& parts, std::shared_ptr<Backbone> backbone);
    Pretext(std::shared_ptr<Backbone> backbone, dist::Communicator& comm);
    /// parameter_group() of all that belongs to `modules`, which are registered under these names.
    ParameterGroup group_of(const std::string& name, const std::vector<std::string>& modules) const;
    dist::Communicator& comm() const { return *comm_; }
    /// What pictures() gives; by default none.
    virtual std::vector<PretextPicture> draw_pictures(const PretextInput& input);

  private:
    std::shared_ptr<Backbone> backbone_;
    dist::Communicator* comm_;
    std::span<const Metric> metrics_;
};

/// A pretext whose loss compares embeddings of different images.
class EmbeddingPretext : public Pretext, public EmbeddingLoss {
  public:
    PretextLoss loss(const PretextInput& input) final { return compare(embed(input)); }
    EmbeddingLoss* halves() final { return this; }

  protected:
    using Pretext::Pretext;
};

/// A registered pretext. Each is defined as <name>_pretext in the file of its name, and list.hpp lists it.
struct PretextEntry {
    const char* name;
    /// Throws ConfigError for keys of `pretext` that do not fit.
    std::shared_ptr<Pretext> (*make)(const PretextParts& parts);
    const char* recipe; ///< of the augmentation, unless the config names another
    std::span<const Metric> metrics = {};
};

/// Makes a pretext known beside those of list.hpp, for programs and tests that bring their own; one of a known
/// name changes nothing. Not thread-safe.
void add_pretext(const PretextEntry& entry);

inline constexpr Key kPretextName{"name", "the method (docs/methods.md)", "", "none: it must be given to train"};

/// pretext.name; where it is not given, simclr, which training does not take for granted.
std::string read_pretext_name(const config::Section& pretext);

/// Builds model.backbone and, around it, pretext.name, for images of `shape`. Throws ConfigError with the nearest name.
std::shared_ptr<Pretext> make_pretext(const config::Section& pretext, const config::Section& model,
                                      augment::ImageShape shape, dist::Communicator& comm);

/// Those of list.hpp, in the order of the alphabet, then those of add_pretext().
const std::vector<PretextEntry>& pretexts();
std::vector<std::string> pretext_names();

/// Name of the augmentation recipe that a pretext uses unless the config names another.
std::string default_recipe(const std::string& pretext);

/// [N, H, W, C] pixels, uint8 levels or floats (T) -> [N, C, H, W] float32 (x - mean) / std, channels-last in memory;
/// x = level / 255. `pixels` is read before the call returns. mean and std have C entries in [0, 1].
template <class T>
at::Tensor normalized_images(const T* pixels, std::int64_t count, augment::ImageShape shape,
                             const std::vector<double>& mean, const std::vector<double>& std);

} // namespace tacit::models
