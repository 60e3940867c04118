import logging

import lightning
import torch
from common import Classifier, data, left, seed
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Lit(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = Classifier()

    def training_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.cross_entropy(self.model(x), y)
        self.log("train", loss)
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        self.log("validation", torch.nn.functional.cross_entropy(self.model(x), y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())


seed()
loader = DataLoader(TensorDataset(*data()), batch_size=8, shuffle=True)
held_out = DataLoader(TensorDataset(*data(16)), batch_size=8)
lit = Lit()
trainer = lightning.Trainer(
    max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False,
    enable_progress_bar=False, enable_model_summary=False, gradient_clip_val=1.0,
)  # fmt: skip
trainer.fit(lit, loader, held_out)
print(trainer.callback_metrics, left(lit))
