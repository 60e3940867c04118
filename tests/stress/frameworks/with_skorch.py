from common import Classifier, data, left, seed
from sklearn.model_selection import GridSearchCV
from skorch import NeuralNetClassifier
from torch import nn


class Seeded(Classifier):
    """The same in every process that the search begins."""

    def __init__(self, **sizes):
        seed()
        super().__init__(**sizes)


seed()
x, y = data()
net = NeuralNetClassifier(
    Seeded, criterion=nn.CrossEntropyLoss, max_epochs=2, lr=0.1, verbose=0, train_split=None
)
search = GridSearchCV(net, {"lr": [0.05, 0.1], "module__hidden": [8, 12]}, cv=2, n_jobs=2)
search.fit(x.numpy(), y.numpy())
print(search.best_params_, search.best_score_, left(search.best_estimator_.module_))
