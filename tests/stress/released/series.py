"""Time series and forecasts."""

# ruff: noqa: N802 (cases are named after the package and the class that they build)

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch

from released.cases import BATCH, TIME, Case, N, Training, case, floats, tokens


@case
def gluonts_DeepAR() -> Case:
    from gluonts.torch.model.deepar.module import DeepARModel

    model = DeepARModel(
        "D",
        8,
        4,
        2,
        1,
        1,
        [3],
        num_layers=2,
        hidden_size=8,
        lags_seq=[1, 2],
        num_parallel_samples=3,
    )
    past = 8 + 2
    data = (tokens(1, upto=3), floats(1), floats(past, 2), floats(past), torch.ones(N, past))
    data = (*data, floats(4, 2))

    def call(*inputs: torch.Tensor) -> Any:
        """Forecasts are drawn, without a gradient: training goes by the likelihood."""
        future = inputs[3][:, :4]
        return model.loss(*inputs, future, future.gt(-99)) if model.training else model(*inputs)

    return Case(model, data, call)


def _darts(kind: str, **options: Any) -> Training:
    import numpy
    from darts import TimeSeries, models

    series = TimeSeries.from_values(numpy.random.randn(60, 2).astype("float32"))
    quiet = dict.fromkeys(["enable_progress_bar", "enable_model_summary", "logger"], False)
    trainer = {"accelerator": "cpu", "enable_checkpointing": False, **quiet}
    sizes = {"input_chunk_length": 8, "n_epochs": 2, "batch_size": 6, "hidden_dim": 8}
    model = getattr(models, kind)(**sizes, **options, pl_trainer_kwargs=trainer)

    def train() -> None:
        model.fit(series)
        model.predict(4)

    return train


@case
def darts_RNNModel() -> Training:
    return _darts("RNNModel", model="LSTM", training_length=12, n_rnn_layers=2, dropout=0.1)


@case
def darts_BlockRNNModel() -> Training:
    return _darts("BlockRNNModel", model="GRU", output_chunk_length=4, n_rnn_layers=2)


@case
def darts_TFTModel() -> Training:
    import darts.models

    def build(**options: Any) -> Any:
        options["hidden_size"] = options.pop("hidden_dim")
        return darts.models.TFTModel.__class__ and darts.models.TFTModel(**options)

    darts.models.SmallTFT = build
    return _darts("SmallTFT", output_chunk_length=4, add_relative_index=True)


def _tsai(module: str, name: str, **options: Any) -> Case:
    network = getattr(import_module(f"tsai.models.{module}"), name)
    return Case(network(3, 2, **options), (floats(3, TIME),))


@case
def tsai_LSTM() -> Case:
    return _tsai("RNN", "LSTM", hidden_size=8, n_layers=2)


@case
def tsai_GRU_bidirectional() -> Case:
    return _tsai("RNN", "GRU", hidden_size=8, bidirectional=True)


@case
def tsai_LSTMPlus() -> Case:
    return _tsai("RNNPlus", "LSTMPlus", seq_len=TIME, hidden_size=8, bidirectional=True)


@case
def tsai_LSTM_FCN() -> Case:
    return _tsai("RNN_FCN", "LSTM_FCN", seq_len=TIME, hidden_size=8)


@case
def tsai_LSTMAttention() -> Case:
    return _tsai("RNNAttention", "LSTMAttention", seq_len=TIME, hidden_size=8, n_heads=2)


def _windows(name: str, **options: Any) -> Case:
    import neuralforecast.models as networks

    model = getattr(networks, name)(h=4, input_size=TIME, **options)

    def call(y: torch.Tensor) -> Any:
        empty = dict.fromkeys(["futr_exog", "hist_exog", "stat_exog"])
        return model({"insample_y": y, "insample_mask": torch.ones_like(y), **empty})

    return Case(model, (floats(TIME, 1),), call)


@case
def neuralforecast_LSTM() -> Case:
    return _windows("LSTM", encoder_hidden_size=8, decoder_hidden_size=8)


@case
def neuralforecast_GRU() -> Case:
    return _windows("GRU", encoder_hidden_size=8, decoder_hidden_size=8)


@case
def neuralforecast_TFT() -> Case:
    return _windows("TFT", hidden_size=8)


def _forecasting(name: str, **options: Any) -> Training:
    import numpy
    import pandas
    import pytorch_forecasting as package

    rows = pandas.DataFrame({"value": numpy.random.randn(80), "time": [*range(40)] * 2})
    rows["series"] = ["a"] * 40 + ["b"] * 40
    table = package.TimeSeriesDataSet(
        rows,
        "time",
        "value",
        ["series"],
        max_encoder_length=8,
        max_prediction_length=4,
        time_varying_known_reals=["time"],
        time_varying_unknown_reals=["value"],
        target_normalizer=package.data.encoders.EncoderNormalizer(),
        **({"min_encoder_length": 3} if name == "TemporalFusionTransformer" else {}),
    )
    model = getattr(package, name).from_dataset(table, **options)

    def train() -> None:
        for x, (y, _) in table.to_dataloader(train=True, batch_size=BATCH, num_workers=0):
            prediction = model(x)["prediction"]
            (prediction.mean(-1) - y).pow(2).mean().backward()
        model.eval()
        with torch.no_grad():
            for x, _ in table.to_dataloader(train=False, batch_size=BATCH, num_workers=0):
                model(x)

    return train


@case
def pytorch_forecasting_RecurrentNetwork() -> Training:
    return _forecasting("RecurrentNetwork", hidden_size=8)


@case
def pytorch_forecasting_DeepAR() -> Training:
    return _forecasting("DeepAR", hidden_size=8)


@case
def pytorch_forecasting_TemporalFusionTransformer() -> Training:
    return _forecasting("TemporalFusionTransformer", hidden_size=8)
