import tempfile

import torch
from common import Classifier, data, left, seed
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments


class Rows(Dataset):
    def __init__(self, samples):
        self.x, self.y = data(samples)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return {"x": self.x[index], "labels": self.y[index]}


class Quiet(Trainer):
    def log(self, *_):  # of seconds, which are never the same
        pass


class WithLoss(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Classifier()

    def forward(self, x, labels=None):
        scores = self.model(x)
        return {"loss": torch.nn.functional.cross_entropy(scores, labels), "logits": scores}


seed()
model = WithLoss()
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(
        folder, num_train_epochs=3, per_device_train_batch_size=8, use_cpu=True, report_to=[],
        disable_tqdm=True, save_strategy="no", logging_strategy="no", seed=0,
    )  # fmt: skip
    trainer = Quiet(model, arguments, train_dataset=Rows(64), eval_dataset=Rows(16))
    trainer.train()
    print(trainer.evaluate()["eval_loss"], left(model))
