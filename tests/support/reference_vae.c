// SPDX-License-Identifier: BSD-3-Clause
// The networks, one row of data, and sums over rows.
#include "reference_vae.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double reference_activation(int activation, double a)
{
    switch (activation) {
    case ELBOW_ACTIVATION_RELU:
        return a > 0 ? a : 0;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        return a > 0 ? a : 0.01 * a;
    case ELBOW_ACTIVATION_TANH:
        return tanh(a);
    case ELBOW_ACTIVATION_SIGMOID:
        return reference_logistic(a);
    case ELBOW_ACTIVATION_SOFTPLUS:
        return log(1 + exp(a));
    case ELBOW_ACTIVATION_SILU:
        return a * reference_logistic(a);
    default:
        return a;
    }
}

static double reference_derivative(int activation, double a)
{
    double s = reference_logistic(a);
    switch (activation) {
    case ELBOW_ACTIVATION_RELU:
        return a > 0 ? 1 : 0;
    case ELBOW_ACTIVATION_LEAKY_RELU:
        return a > 0 ? 1 : 0.01;
    case ELBOW_ACTIVATION_TANH:
        return 1 / (cosh(a) * cosh(a));
    case ELBOW_ACTIVATION_SIGMOID:
        return s * (1 - s);
    case ELBOW_ACTIVATION_SOFTPLUS:
        return s;
    case ELBOW_ACTIVATION_SILU:
        return s + a * s * (1 - s);
    default:
        return 1;
    }
}

static size_t reference_offset(const struct elbow_parameters *parameters, const char *network, const char *layer,
                               const char *part)
{
    char name[ELBOW_TENSOR_NAME_SIZE];
    snprintf(name, sizeof name, "%s.%s/%s", network, layer, part);
    const struct elbow_tensor *tensor = elbow_parameters_find(parameters, name);
    ELBOW_CHECK(tensor);
    return tensor->offset;
}

static struct reference_network reference_network(const struct elbow_parameters *parameters, const char *name,
                                                  size_t inputs, const struct elbow_layers *hidden, size_t outputs)
{
    struct reference_network network = {.count = hidden->count + 1};
    ELBOW_CHECK(network.count <= REFERENCE_LAYERS && inputs <= REFERENCE_WIDTH && outputs <= REFERENCE_WIDTH);
    for (size_t k = 0; k < network.count; ++k) {
        struct reference_layer *layer = &network.layers[k];
        bool is_head = k == hidden->count;
        char number[16];
        snprintf(number, sizeof number, "%zu", k);
        layer->inputs = inputs;
        layer->units = is_head ? outputs : (size_t)hidden->layers[k].units;
        layer->activation = is_head ? ELBOW_ACTIVATION_NONE : hidden->layers[k].activation;
        layer->weight = reference_offset(parameters, name, is_head ? "head" : number, "weight");
        layer->bias = reference_offset(parameters, name, is_head ? "head" : number, "bias");
        inputs = layer->units;
    }
    return network;
}

struct reference_vae reference_vae(const struct elbow_config *config, const struct elbow_model *model)
{
    struct reference_vae vae = {
        .values = model->values,
        .latent = (size_t)config->model.latent,
        .kind = config->model.likelihood,
        .likelihood = &REFERENCE_LIKELIHOODS[config->model.likelihood],
        .options = config->model.likelihood_options,
        .beta = config->objective.beta,
        .free_bits = config->objective.free_bits,
    };
    const struct elbow_tensor *last = &model->parameters.tensors[model->parameters.count - 1];
    vae.settles = model->parts[0].settles;
    vae.shared_at = last->offset;
    vae.encoder = reference_network(&model->parameters, "encoder", vae.values, &config->model.encoder, 2 * vae.latent);
    vae.decoder = reference_network(&model->parameters, "decoder", vae.latent, &config->model.decoder, model->outputs);
    return vae;
}

const double *reference_up(const struct reference_network *network, const double *parameters, const double *x,
                           struct reference_trace *trace)
{
    memcpy(trace->points[0], x, network->layers[0].inputs * sizeof *x);
    for (size_t k = 0; k < network->count; ++k) {
        const struct reference_layer *layer = &network->layers[k];
        for (size_t u = 0; u < layer->units; ++u) {
            double sum = parameters[layer->bias + u];
            for (size_t i = 0; i < layer->inputs; ++i)
                sum += trace->points[k][i] * parameters[layer->weight + i * layer->units + u];
            trace->sums[k][u] = sum;
            trace->points[k + 1][u] = reference_activation(layer->activation, sum);
        }
    }
    return trace->points[network->count];
}

// Adds one row's gradient; delta (outputs) becomes the gradient of the input.
static void reference_down(const struct reference_network *network, const double *parameters,
                           const struct reference_trace *trace, double *delta, double *gradient)
{
    for (size_t k = network->count; k-- > 0;) {
        const struct reference_layer *layer = &network->layers[k];
        double below[REFERENCE_WIDTH] = {0};
        for (size_t u = 0; u < layer->units; ++u) {
            double da = delta[u] * reference_derivative(layer->activation, trace->sums[k][u]);
            gradient[layer->bias + u] += da;
            for (size_t i = 0; i < layer->inputs; ++i) {
                gradient[layer->weight + i * layer->units + u] += da * trace->points[k][i];
                below[i] += da * parameters[layer->weight + i * layer->units + u];
            }
        }
        memcpy(delta, below, sizeof below);
    }
}

struct reference_row reference_likelihood_row(const struct reference_vae *vae, const double *parameters,
                                              const double *x, const double *y)
{
    struct reference_row row = reference_row_of(vae->kind, &vae->options, vae->values);
    row.x = x;
    row.y = y;
    row.shared = parameters + vae->shared_at;
    return row;
}

void reference_row(const struct reference_vae *vae, const double *parameters, const double *x, const double *noise,
                   struct reference_parts *parts, double *gradient)
{
    static struct reference_trace encoder, decoder;
    double z[REFERENCE_WIDTH], delta[REFERENCE_WIDTH], dhead[REFERENCE_WIDTH], price[REFERENCE_WIDTH];
    const double *mean = reference_up(&vae->encoder, parameters, x, &encoder), *log_variance = mean + vae->latent;
    double objective = 0;
    for (size_t j = 0; j < vae->latent; ++j) {
        double deviation = sqrt(exp(log_variance[j]));
        z[j] = mean[j] + deviation * noise[j];
        double kl = -0.5 * (1 + log_variance[j] - mean[j] * mean[j] - deviation * deviation);
        price[j] = vae->free_bits > 0 && kl <= vae->free_bits ? 0 : vae->beta;
        objective -= vae->beta * fmax(kl, vae->free_bits);
        parts->kl += kl;
        parts->kl_of[j] += kl;
    }
    const double *y = reference_up(&vae->decoder, parameters, z, &decoder);
    struct reference_row row = reference_likelihood_row(vae, parameters, x, y);
    double recon = (double)reference_log_p(&row);
    parts->recon += recon;
    parts->objective += objective + recon;
    if (!gradient)
        return;
    reference_gradient(&row, delta, vae->settles ? NULL : gradient + vae->shared_at);
    reference_down(&vae->decoder, parameters, &decoder, delta, gradient);
    for (size_t j = 0; j < vae->latent; ++j) {
        dhead[j] = delta[j] + price[j] * mean[j];
        dhead[vae->latent + j] =
            delta[j] * noise[j] * exp(log_variance[j] / 2) / 2 + price[j] * (exp(log_variance[j]) - 1) / 2;
    }
    reference_down(&vae->encoder, parameters, &encoder, dhead, gradient);
}

struct reference_parts reference_rows(const struct reference_vae *vae, size_t size, const double *parameters,
                                      size_t rows, const float *x, const float *noise, double *gradient)
{
    struct reference_parts parts = {0};
    if (gradient)
        memset(gradient, 0, size * sizeof *gradient);
    for (size_t i = 0; i < rows; ++i) {
        double point[REFERENCE_WIDTH], draw[REFERENCE_WIDTH];
        for (size_t d = 0; d < vae->values; ++d)
            point[d] = x[i * vae->values + d];
        for (size_t j = 0; j < vae->latent; ++j)
            draw[j] = noise[i * vae->latent + j];
        reference_row(vae, parameters, point, draw, &parts, gradient);
    }
    return parts;
}

double reference_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)(int64_t)(*state * 2685821657736338717ULL) / 9223372036854775808.0;
}

double reference_normal(uint64_t *state)
{
    double sum = 0;
    for (int i = 0; i < 12; ++i)
        sum += reference_random(state);
    return sum / 2;
}
