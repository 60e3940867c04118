"""DataLoaders whose batches and samplers bear no questions."""

import torch
from torch import nn
from torch.utils.data import DataLoader


class Refusing(dict):
    def values(self):
        raise RuntimeError("not these")


class Sampler:
    @property
    def batch_size(self):
        raise ValueError("not known")

    def __iter__(self):
        yield from ([0, 1], [2, 3])


def itself(rows):
    batch = [torch.stack(rows)]
    batch.append(batch)
    return batch


class Manual(Sampler):
    batch_size = torch.tensor([1, 2])


def nested(rows):
    return torch.nested.nested_tensor([rows[0], rows[1][:3]], layout=torch.strided)


data = torch.randn(4, 5, 4)
lstm = nn.LSTM(4, 6, batch_first=True)
for collate in (nested, lambda rows: Refusing(x=torch.stack(rows)), itself):
    for batch in DataLoader(data, batch_size=2, collate_fn=collate):
        print(type(batch).__name__)
for sampler in (Sampler(), Manual()):
    for batch in DataLoader(data, batch_sampler=sampler):
        print(lstm(batch)[0].sum().item())
for batch in DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context="fork"):
    print(lstm(batch)[0].sum().item())
