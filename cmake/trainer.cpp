// SPDX-License-Identifier: MIT
// limn::trainer: trainer, its report and checkpoints, and how a run is opened, compiled here.
#include "limn/train/trainer.hpp"
#include "limn/train/data_source.hpp"
#include "limn/train/model_run.hpp"

namespace limn::inline v0 {

template void Trainer::advance_here<void>();
template Trainer::Ended Trainer::run_here<void>(std::int64_t, const std::stop_token&);
template void Trainer::save_here<void>();
template void Trainer::begin_save_here<void>();
template void Trainer::keep_best_here<void>(const std::string&, double);

template DataSource detail::open_unpaired_folders<void>(const std::filesystem::path&, Index, Index,
                                                        Fit, const Messages&);
template DataSource detail::open_picture_folder<void>(const std::filesystem::path&, Index, Index,
                                                      Fit, const Messages&);

template SafetensorsFile detail::read_model_checkpoint<void>(const std::filesystem::path&,
                                                             const std::string&, const Messages&);
template std::unique_ptr<Trainable> detail::open_trained_model<void>(const RunModel&,
                                                                     const SafetensorsFile&);
template std::unique_ptr<Trainer> detail::open_model_trainer<void>(
    const RunModel&, const RunFolder&, const TrainerEvents&, const SafetensorsFile*, Watch::Rules);

}  // namespace limn::inline v0
