"""Speech, music and other sound."""

# ruff: noqa: N802, N811 (cases are named after the package and the class that they build)

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from released.cases import BATCH, TIME, Case, N, case, floats, unpadded


@case
def openunmix_OpenUnmix() -> Case:
    from openunmix.model import OpenUnmix

    return Case(OpenUnmix(33, 2, 16, 2), (floats(2, 33, 20).abs(),))


@case
def openunmix_OpenUnmix_unidirectional() -> Case:
    from openunmix.model import OpenUnmix

    return Case(OpenUnmix(33, 1, 16, 2, unidirectional=True), (floats(1, 33, 20).abs(),))


def _speechbrain(name: str, **options: Any) -> Case:
    import speechbrain.nnet.RNN as networks

    model = getattr(networks, name)(hidden_size=8, input_shape=(None, None, 5), **options)
    return Case(model, (floats(TIME, 5),), lambda x: model(x))


@case
def speechbrain_LSTM() -> Case:
    return _speechbrain("LSTM", num_layers=2, bidirectional=True)


@case
def speechbrain_LSTM_lengths() -> Case:
    model = _speechbrain("LSTM", bidirectional=True).model
    lengths = torch.linspace(0.4, 1, N)
    return Case(
        model,
        (floats(TIME, 5), lengths),
        lambda x, n: unpadded(model(x, lengths=n)[0], (n * TIME).round()),
    )


@case
def speechbrain_GRU() -> Case:
    return _speechbrain("GRU", num_layers=2)


@case
def speechbrain_LiGRU() -> Case:
    from speechbrain.nnet.RNN import LiGRU

    return Case(LiGRU(8, (BATCH, TIME, 5), num_layers=2, bidirectional=True), (floats(TIME, 5),))


@case
def speechbrain_QuasiRNN() -> Case:
    return _speechbrain("QuasiRNN", num_layers=2, bidirectional=True)


@case
def speechbrain_AttentionalRNNDecoder() -> Case:
    from speechbrain.nnet.RNN import AttentionalRNNDecoder

    decoder = AttentionalRNNDecoder("gru", "location", 8, 6, 1, 7, 5, channels=4, kernel_size=3)
    return Case(decoder, (floats(6, 5), floats(TIME, 7), torch.ones(N)))


@case
def speechbrain_CRDNN() -> Case:
    from speechbrain.lobes.models.CRDNN import CRDNN
    from speechbrain.nnet.RNN import LSTM

    sizes = {"cnn_channels": [4, 4], "rnn_neurons": 8, "rnn_layers": 2, "dnn_neurons": 8}
    model = CRDNN(input_shape=(None, None, 20), rnn_class=LSTM, **sizes)
    return Case(model, (floats(16, 20),))


@case
def speechbrain_DualPath() -> Case:
    from speechbrain.lobes.models.dual_path import Dual_Path_Model, SBRNNBlock

    intra = SBRNNBlock(8, 8, 1, "LSTM", bidirectional=True)
    inter = SBRNNBlock(8, 8, 1, "LSTM", bidirectional=True)
    model = Dual_Path_Model(8, 8, intra, inter, num_layers=2, norm="ln", K=6, num_spks=2)
    return Case(model, (floats(8, 30),), lambda x: model(x).transpose(0, 1))


@case
def speechbrain_ResourceEfficientSeparator() -> Case:
    from speechbrain.lobes.models.resepformer import MemLSTM, ResourceEfficientSeparator, SegLSTM

    segment, memory = SegLSTM(8, 8, bidirectional=True), MemLSTM(8, bidirectional=True)
    sizes = {"layer": 2, "segment_size": 6, "mem_type": "hc", "unit": 8}
    model = ResourceEfficientSeparator(
        8, causal=False, num_spk=2, seg_model=segment, mem_model=memory, **sizes
    )
    return Case(model, (floats(8, 30),), lambda x: model(x).transpose(0, 1))


@case
def asteroid_DPRNNTasNet() -> Case:
    from asteroid.models import DPRNNTasNet

    sizes = {"n_filters": 8, "bn_chan": 8, "hid_size": 8, "chunk_size": 6, "n_repeats": 2}
    return Case(DPRNNTasNet(2, **sizes), (floats(200),))


@case
def asteroid_LSTMTasNet() -> Case:
    from asteroid.models import LSTMTasNet

    return Case(LSTMTasNet(2, n_filters=16, hid_size=8, n_layers=2), (floats(200),))


@case
def asteroid_DPTNet() -> Case:
    from asteroid.models import DPTNet

    sizes = {"n_filters": 8, "n_heads": 2, "ff_hid": 8, "chunk_size": 6, "n_repeats": 1}
    return Case(DPTNet(2, **sizes), (floats(200),))


@case
def asteroid_DCCRNet() -> Case:
    from asteroid.models import DCCRNet

    return Case(DCCRNet("mini", stft_n_filters=512), (floats(2000),))


@case
def asteroid_StackedResidualBiRNN() -> Case:
    from asteroid.masknn.recurrent import StackedResidualBiRNN

    return Case(StackedResidualBiRNN("LSTM", 8, 3), (floats(TIME, 8),))


@case
def asteroid_MulCatRNN() -> Case:
    from asteroid.masknn.recurrent import MulCatRNN

    return Case(MulCatRNN("LSTM", 5, 8, bidirectional=True), (floats(TIME, 5),))


@case
def transformers_Encodec() -> Case:
    from transformers import EncodecConfig, EncodecModel

    sizes = {"num_filters": 4, "hidden_size": 8, "codebook_size": 16, "codebook_dim": 8}
    config = EncodecConfig(upsampling_ratios=[2, 2], target_bandwidths=[48.0], **sizes)
    model = EncodecModel(config)
    return Case(model, (floats(1, 64),), lambda x: model.decoder(model.encoder(x)))


@case
def denoiser_Demucs() -> Case:
    from denoiser.demucs import Demucs

    return Case(Demucs(hidden=4, depth=2, resample=1), (floats(1, 200),))


@case
def denoiser_Demucs_bidirectional() -> Case:
    from denoiser.demucs import Demucs

    return Case(Demucs(hidden=4, depth=2, causal=False), (floats(1, 200),))


@case
def demucs_Demucs() -> Case:
    from demucs.demucs import Demucs

    sizes = {"audio_channels": 1, "channels": 8, "depth": 2, "lstm_layers": 2, "dconv_mode": 0}
    return Case(Demucs(["a", "b"], **sizes), (floats(1, 400),))


@case
def demucs_HDemucs() -> Case:
    from demucs.hdemucs import HDemucs

    sizes = {"audio_channels": 1, "channels": 8, "depth": 6, "norm_groups": 4}
    return Case(HDemucs(["a", "b"], **sizes), (floats(1, 8192),))


@case
def pyannote_PyanNet() -> Case:
    from pyannote.audio.models.segmentation.PyanNet import PyanNet

    model = PyanNet(sincnet={"stride": 10}, lstm={"hidden_size": 8, "num_layers": 2})
    model.classifier, model.activation = nn.Linear(128, 3), nn.Sigmoid()
    return Case(model, (floats(1, 8000),))


@case
def espnet_Encoder() -> Case:
    from espnet.nets.pytorch_backend.rnn.encoders import RNNP

    model = RNNP(5, 2, 8, 8, [1, 1, 1], 0.1)
    lengths = torch.tensor([10, 9, 9, 7, 5, 3])
    return Case(model, (floats(TIME, 5),), lambda x: unpadded(model(x, lengths)[0], lengths))
