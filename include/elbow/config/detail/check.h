// SPDX-License-Identifier: BSD-3-Clause
// Parts of elbow_config_finish that have files of their own. Private to this room.
#ifndef ELBOW_CONFIG_DETAIL_CHECK_H
#define ELBOW_CONFIG_DETAIL_CHECK_H

#include "elbow/config/config.h"

// Local. Whether the kinds of the model go together. CONFIG, with `name` in the message.
enum elbow_status elbow_check_kinds(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. CONFIG if keys of train and objective contradict each other, or what they need.
enum elbow_status elbow_check_train(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. A place of data.KEY; `is_bare`: the dataset may do without a file. CONFIG if it names no dataset or no file.
enum elbow_status elbow_config_check_location(const struct elbow_config *config, const char *name, const char *key,
                                              const char *location, bool is_bare, struct elbow_error *error);

// Local. data.condition, data.valid_condition and model.condition.
enum elbow_status elbow_config_check_condition(const struct elbow_config *config, const char *name,
                                               struct elbow_error *error);

// Local. Who reads the labels, and how many of them.
enum elbow_status elbow_check_labels(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. What a model in front of the data leaves to set.
enum elbow_status elbow_check_through(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. Whether the order of the training rows has what its keys set, and can be had where the rows are.
enum elbow_status elbow_check_order(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. What a classifier does not go with.
enum elbow_status elbow_check_classifier(const struct elbow_config *config, const char *name,
                                         struct elbow_error *error);

#endif
