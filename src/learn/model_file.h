/* model_file.h -- networks and settings as parts of a safetensors file. */
#ifndef LM_MODEL_FILE_H
#define LM_MODEL_FILE_H

#include "io/safetensors.h"
#include "net/network.h"

/* Adds the network's arrays, its description and the settings.  What they
 * point to must stay until the file is written. */
limen_status lm_model_add(lm_tensors *tensors, const limen_network *net,
                          const limen_settings *settings, limen_error *err);

/* Reads weights and thresholds into a network of the same shape. */
limen_status lm_model_read_weights(limen_network *net,
                                   const lm_safetensors *from,
                                   limen_error *err);

#endif
